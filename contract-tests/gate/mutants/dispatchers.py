"""Actions of agents that do something else than they say, or are told of wrongly."""

from app.http import observation, request
from app.http.schemas import ChosenBody
from gate.mutants.planting import instead_of, killed_by
from handlers import agents

PERSON = "test_projects.py::test_an_end_users_budget_counts_once_it_was_set"


@killed_by("test_published_forms.py::test_every_action_works_as_the_chatgpt_form_says")
def an_action_does_what_another_does() -> None:
    """Asked for rates, a dispatcher says how many spaces are free."""

    @instead_of(agents, "action")
    def action(original, name):
        return original("check_availability" if name == "get_rates" else name)


@killed_by("test_witnesses.py::test_an_action_takes_no_parameters_of_another")
def parameters_of_another_action_pass() -> None:
    """A dispatcher takes the parameters of any action for those of the one that it was asked for."""

    @instead_of(ChosenBody, "problems")
    def problems(original, self, value):
        wrong = original(self, value)
        fits = isinstance(value, dict) and any(
            not self._variants[name].problems({**value, self._chooser: name}) for name in self._variants
        )
        return [] if fits and value.get(self._chooser) in self._variants else wrong


@killed_by("test_traces.py::test_a_platforms_action_is_traced_as_such[gemini]")
def every_agent_is_chatgpt() -> None:
    """The call of any platform's agent is noted as ChatGPT's."""

    @instead_of(observation, "platform_of")
    def platform_of(original, exchange):
        return original(exchange) and "openai"


@killed_by("test_refunds.py::test_what_cannot_go_back_is_named")
def fields_are_named_as_rest_names_them() -> None:
    """A dispatcher's refusal names fields that do not stand in its request."""

    @instead_of(agents, "_name_parameters")
    def name_parameters(original, refusal):
        return None


@killed_by("test_published_forms.py::test_every_action_works_as_the_chatgpt_form_says")
def an_action_answers_with_its_twins_status() -> None:
    """A dispatcher answers 201 where its REST twin does, which its own contract does not know."""

    @instead_of(agents, "_unwrapped")
    def unwrapped(original, answer):
        return answer if isinstance(answer, tuple) else (answer, 200, {})


@killed_by(f"{PERSON}[by_action]")
def an_action_is_for_nobody() -> None:
    """Whom an agent acts for is looked for beside an action's parameters, not among them."""

    @instead_of(request, "_fields")
    def fields(original, exchange):
        return iter([exchange.body] if isinstance(exchange.body, dict) else [])
