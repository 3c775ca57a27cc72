"""Published forms that say something else than the contract."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from app.contract import published
from gate.mutants.planting import instead_of, killed_by

Change = Callable[[Any], None]


@killed_by("test_published_forms.py::test_the_published_contract_is_the_contract[/openapi.json]")
def a_description_was_changed() -> None:
    """The published contract describes an operation in other words than the authored one."""
    _change("openapi.json", lambda form: form["paths"]["/api/v1/health"]["get"].update(summary="Health"))


@killed_by("test_published_forms.py::test_every_action_works_as_the_chatgpt_form_says")
def chatgpt_is_not_told_of_an_action() -> None:
    """ChatGPT's form lacks an action."""

    def forget(form: Any) -> None:
        operation = form["paths"]["/api/v1/agents/openai/actions"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        schema["properties"]["action"]["enum"].remove("end_session")

    _change("chatgpt.yaml", forget)


@killed_by("test_documents.py::test_the_served_chatgpt_form_can_be_imported")
def chatgpt_is_told_too_much() -> None:
    """A description of ChatGPT's form is longer than the GPT builder takes."""

    def lengthen(form: Any) -> None:
        for item in form["paths"].values():
            for operation in item.values():
                operation["description"] = "Long. " * 100

    _change("chatgpt.yaml", lengthen)


@killed_by("test_published_forms.py::test_both_notations_of_the_chatgpt_form_are_one_document")
def the_notations_of_a_form_differ() -> None:
    """ChatGPT's form says in JSON what it does not say in YAML."""
    _change("chatgpt.json", lambda form: form["info"].update(title="Parking"))


@killed_by("test_published_forms.py::test_the_manifest_is_the_authored_one")
def the_manifest_was_changed() -> None:
    """The published manifest names another contact than the authored one."""
    _change("ai-plugin.json", lambda form: form.update(contact_email="nobody@parkgraph.com"))


@killed_by("test_published_forms.py::test_every_function_works_as_copilot_is_told")
def copilot_is_not_told_of_a_function() -> None:
    """Copilot's plugin lacks a function."""
    _change("copilot-plugin.json", lambda form: form["runtimes"][0]["run_for_functions"].remove("endSession"))


@killed_by("test_documents.py::test_every_served_form_of_tools_is_what_its_platform_takes[responses]")
def tools_are_strict() -> None:
    """A platform's tools are marked strict, though not every parameter is required."""
    _change("responses-tools.json", lambda form: [tool.update(strict=True) for tool in form])


@killed_by("test_published_forms.py::test_every_tool_works_as_its_platform_is_told[anthropic]")
def a_parameter_has_another_name() -> None:
    """A platform is told of a parameter by a name that the dispatcher does not know."""

    def rename(form: Any) -> None:
        for tool in form:
            properties = tool["input_schema"]["properties"]
            if "plate" in properties:
                properties["license_plate"] = properties.pop("plate")

    _change("anthropic-tools.json", rename)


def _change(name: str, change: Change) -> None:
    """Publish a form with a change."""

    @instead_of(published, "forms")
    def forms(original, contract, **server):
        made = dict(original(contract, **server))
        form = made[name]
        is_yaml = name.endswith(".yaml")
        document = yaml.load(form.body, Loader=yaml.CSafeLoader) if is_yaml else json.loads(form.body)
        change(document)
        body = json.dumps(document).encode()  # which is YAML as well
        made[name] = type(form)(
            name=name, path=form.path, media_type=form.media_type, body=body, etag=published.etag_of(body)
        )
        return made
