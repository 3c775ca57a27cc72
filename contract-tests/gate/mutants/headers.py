"""Answers whose headers say too little, or what is not so."""

from app.http import conditional, cors, edge, limits, routes, routing, views
from app.presenters import answers
from gate.mutants.planting import Fuzzing, instead_of, killed_by, put_in_place

HOSTILE = "test_hostile_bytes.py::test_every_hostile_request_has_the_one_right_answer"
MAP = "test_witnesses.py::test_a_map_that_has_not_changed_is_a_304"
FORM = "test_published_forms.py::test_a_form_is_stable_cacheable_and_readable_from_anywhere"
BUDGET = "test_budgets.py::test_an_address_without_a_key_has_a_budget_too"


@killed_by("test_traces.py::test_a_path_that_leads_nowhere_is_traced_without_an_operation")
def every_request_has_the_same_id() -> None:
    """The request id is made once, and every answer carries it."""

    @instead_of(edge.Edge, "_open")
    def opened(original, self, scope):
        exchange = original(self, scope)
        exchange.request_id = f"req_{0:032x}"
        return exchange


@killed_by("test_facts.py::test_a_lot_needs_no_id_of_its_operators")
def a_201_says_not_where() -> None:
    """What was made is answered without a Location."""

    @instead_of(views, "_whole")
    def whole(original, value):
        content, status, more = original(value)
        return content, status, {name: text for name, text in more.items() if name != "Location"}


@killed_by("test_witnesses.py::test_a_map_that_has_changed_is_a_200")
def every_answer_has_the_same_etag() -> None:
    """The ETag does not change with what it stands for, so that a caller keeps what is old."""

    @instead_of(conditional, "etag_of")
    def etag_of(original, content):
        return '"park-graph"'


@killed_by(MAP)
def a_304_never_comes() -> None:
    """If-None-Match is not looked at."""

    @instead_of(conditional, "_names")
    def names(original, if_none_match, etag):
        return False


@killed_by(MAP)
def the_next_page_is_the_first_again() -> None:
    """The link to the next page of a map lacks the cursor."""

    @instead_of(answers, "next_page")
    def next_page(original, path, **query):
        return original(path, **query | {"cursor": None})


@killed_by(BUDGET)
def what_remains_of_a_budget_never_falls() -> None:
    """X-RateLimit-Remaining says the whole budget until there is none."""

    @instead_of(limits, "headers_of")
    def headers_of(original, verdict):
        full = (b"x-ratelimit-remaining", b"%d" % verdict.limit)
        return [full if name == full[0] else (name, value) for name, value in original(verdict)]


@killed_by(Fuzzing(("getHealth",), "unsupported_method", phases="coverage"))
def a_405_names_no_method() -> None:
    """A 405 comes without Allow."""

    @instead_of(routing, "_wrong_method")
    def wrong_method(original, method, allowed):
        refusal = original(method, allowed)
        refusal.headers = {}
        return refusal


@killed_by(HOSTILE)
def head_is_not_known() -> None:
    """HEAD is refused where GET is answered."""

    @instead_of(routes, "_place")
    def place(original, path, methods):
        made = original(path, methods)
        kept = {name: each for name, each in made.operations.items() if name != "HEAD"}
        return type(made)(made.template, made.names, kept)


@killed_by(HOSTILE)
def options_is_refused() -> None:
    """OPTIONS is a 405 like any method that an operation lacks."""

    @instead_of(routing, "_enter")
    def enter(original, exchange, place, scope):
        if exchange.method == "OPTIONS":
            exchange.refuse(routing._wrong_method("OPTIONS", place.allow))
        else:
            original(exchange, place, scope)


@killed_by(f"{FORM}[/openapi.json-application/json]")
def no_other_site_may_read() -> None:
    """Published forms can't be read by the scripts of another site."""
    put_in_place(cors, "ANY_ORIGIN", [])


@killed_by("test_tls.py::test_plaintext_is_a_426_everywhere")
def plaintext_is_answered() -> None:
    """Plaintext is answered where TLS is required."""

    @instead_of(edge.Edge, "__init__")
    def initialise(original, self, app, **parts):
        original(self, app, **parts | {"require_tls": False})
