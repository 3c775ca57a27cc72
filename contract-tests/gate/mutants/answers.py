"""Answers that the contract does not know, or that only an oracle of the fuzzer's tells from right ones."""

from app.domain.ids import request_id
from app.http import errors, validation, views
from app.presenters import lots as lot_presenters
from app.presenters import sessions as session_presenters
from app.services import availability
from app.services.timelines import Window
from gate.mutants.planting import Fuzzing, instead_of, killed_by
from handlers import agents, rates


@killed_by(
    Fuzzing(("listSessions", "listAuditLog", "listLedgerEntries"), "page_is_within_limit", examples=40)
)
def a_page_holds_one_more() -> None:
    """A page holds one entry more than was asked for."""

    @instead_of(Window, "page")
    def page(original, self, found, mark):
        made = original(self, found, mark)
        return type(made)(found[: self.limit + 1], made.next_cursor)


@killed_by("test_faults.py::test_code_that_fails_is_a_500_of_every_operation_that_gives_nothing_away")
def a_failure_of_ours_is_quoted() -> None:
    """A 500 says what the exception said."""

    @instead_of(errors, "refusal_of")
    def refusal_of(original, error):
        refusal = original(error)
        return type(refusal)(str(error)) if refusal.code == "INTERNAL" else refusal


@killed_by(Fuzzing(("getAvailability",), "nothing_leaks"))
def an_error_tells_of_the_server() -> None:
    """The message of an error shows where in the server's code it was raised."""

    @instead_of(validation, "refused")
    def refused(original, problems):
        refusal = original(problems)
        refusal.message += " (app/http/validation.py, line 57)"
        return refusal


@killed_by(Fuzzing(("getRates",), "error_is_honest"))
def an_error_has_another_request_id() -> None:
    """The request id in an error's body is not the one in the header, under which its trace is found."""

    @instead_of(errors, "_envelope")
    def envelope(original, refusal, status, exchange):
        return original(refusal, status, exchange).replace(
            exchange.request_id.encode(), request_id().encode(), 1
        )


@killed_by(Fuzzing(("deleteApiKey",), "nothing_comes_with_204"))
def a_204_has_a_media_type() -> None:
    """An answer without a body says of which type its body is."""

    @instead_of(views, "_answer")
    def answer(original, value, media_types):
        made = original(value, media_types)
        if made.status != 204:
            return made
        return made._replace(headers=[*made.headers, (b"content-type", b"application/json")])


@killed_by(Fuzzing(("dispatchAction",), "action_has_its_own_answer", examples=100))
def an_action_answers_another_question() -> None:
    """Asked how many spaces are free, a dispatcher tells the rates."""

    @instead_of(agents, "action")
    def action(original, name):
        return original("get_rates" if name == "check_availability" else name)


@killed_by(Fuzzing(("getSession", "listSessions"), "session_is_consistent", examples=100))
def a_secret_outlives_its_use() -> None:
    """The secret that authorises a payment is shown after it was authorised."""

    @instead_of(session_presenters, "_intent")
    def intent(original, facts):
        hold = next((hold for hold in facts.holds if hold.client_secret), None)
        return original(facts) | ({"client_secret": hold.client_secret} if hold else {})


@killed_by(Fuzzing(("getLot",), "response_schema_conformance"))
def an_answer_shows_what_is_inside() -> None:
    """A lot is shown with a field that the contract does not know."""

    @instead_of(lot_presenters, "details")
    def details(original, lot):
        return original(lot) | {"world_id": str(lot.id)}


@killed_by(Fuzzing(("getAvailability",), "status_code_conformance"))
def an_invalid_request_is_a_422() -> None:
    """A request that is not valid is refused with a status that the contract does not know."""

    @instead_of(errors.Errors, "answer")
    def answer(original, self, exchange, error):
        made = original(self, exchange, error)
        status = 422 if made.status == 400 else made.status
        return type(made)(status, made.headers, made.content_type, made.body)


@killed_by(Fuzzing(("createQuote",), "not_a_server_error", examples=100))
def a_rare_request_crashes() -> None:
    """A stay that is quoted for more than a day ends in a stack trace."""

    @instead_of(rates, "create_quote")
    def create_quote(original, user, lot_id, body, once=None):
        if body.get("duration_hours", 0) > 24:
            raise OverflowError("date value out of range")
        return original(user, lot_id, body, once)


@killed_by(Fuzzing(("reportOccupancy",), "positive_data_acceptance", examples=100))
def what_is_valid_is_refused() -> None:
    """A report that the contract allows is refused as if it were not allowed."""

    @instead_of(availability, "report")
    def report(original, caller, lot_id, *, occupied, occupied_elsewhere, once):
        if occupied is not None and occupied > 9:
            raise errors.BadRequest.of("occupied", "is too much")
        return original(caller, lot_id, occupied=occupied, occupied_elsewhere=occupied_elsewhere, once=once)
