"""Routing: fixed paths before templates, complete Allow, OPTIONS, HEAD, and reading from other origins."""

import pytest

from app.http.guard import accepts
from app.http.routes import Routes, is_unwanted
from tests.http.site import LOT, Answer, Site, bearer, contract

SEARCH = "/api/v1/lots/search"
PREFLIGHT = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}


def test_every_path_of_the_contract_leads_to_its_operation() -> None:
    routes = Routes(contract().operations.values())
    for operation in contract().operations.values():
        found = routes.find(operation.path.replace("{", "").replace("}", ""))
        assert found is not None
        assert found.place.operations[operation.method] is operation


def test_a_fixed_path_goes_before_a_template() -> None:
    routes = Routes(contract().operations.values())
    fixed, template = routes.find(SEARCH), routes.find("/api/v1/lots/other")
    assert fixed is not None
    assert template is not None
    assert (fixed.place.template, fixed.values) == (SEARCH, {})
    assert (template.place.template, template.values) == ("/api/v1/lots/{lot_id}", {"lot_id": "other"})


def test_a_template_whose_values_are_listed_leads_where_any_other_value_does() -> None:
    routes = Routes(contract().operations.values())
    listed, other = (routes.find(f"/api/v1/agents/{name}/actions") for name in ("mcp", "nobody"))
    assert listed is not None
    assert other is not None
    assert listed.place is other.place
    assert (listed.values, other.values) == ({"platform": "mcp"}, {"platform": "nobody"})


@pytest.mark.parametrize("path", ["//", "/a//b", "/a/", "/a\n", "/a\x00b", "/a\x7f"])
def test_a_path_that_others_would_forgive_is_unwanted(path: str) -> None:
    assert is_unwanted(path)
    assert not is_unwanted("/")
    assert not is_unwanted("/a/b")


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        (SEARCH, "GET, HEAD, OPTIONS"),
        ("/api/v1/sessions", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/agents/openai/actions", "OPTIONS, POST"),
        ("/api/v1/operator/api-keys", "GET, HEAD, OPTIONS, POST"),
        (f"/api/v1/operator/api-keys/{LOT}", "DELETE, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_answers_204_with_all_methods(served: Site, target: str, allow: str) -> None:
    answer = served.send("OPTIONS", target)
    assert (answer.status, answer["Allow"], answer.body) == (204, allow, b"")
    assert "Content-Type" not in answer


def test_options_of_nothing_is_404(served: Site) -> None:
    assert served.send("OPTIONS", "/api/v1/nope").status == 404
    assert served.send("OPTIONS", "*").status == 404


def open_to_any_origin(answer: Answer) -> bool:
    """Tell whether scripts of other sites may read an answer, and never with credentials."""
    assert "Access-Control-Allow-Credentials" not in answer
    return "Access-Control-Allow-Origin" in answer and answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", f"{SEARCH}?address=Vail", True),
        ("GET", f"{SEARCH}?limit=0", True),
        ("GET", f"/api/v1/lots/{LOT}/rates", True),
        ("GET", "/api/v1/health", True),
        ("GET", "/openapi.json", True),
        ("HEAD", "/openapi.json", True),
        ("GET", f"/api/v1/sessions/{LOT}", False),
        ("POST", "/api/v1/sandbox", False),
        ("GET", "/", False),
        ("GET", "/api/v1/nope", False),
    ],
)
def test_public_reads_and_published_forms_answer_any_origin(
    served: Site, method: str, target: str, expected: bool
) -> None:
    assert open_to_any_origin(served.send(method, target, {"Origin": "https://example.com"})) is expected


def test_a_preflight_allows_reading_without_credentials(served: Site) -> None:
    for target in (SEARCH, "/openapi.json"):
        answer = served.send("OPTIONS", target, PREFLIGHT)
        assert (answer.status, answer["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
        assert open_to_any_origin(answer)
        assert "Access-Control-Allow-Headers" not in answer


def test_a_preflight_of_anything_else_allows_nothing(served: Site) -> None:
    for target in ("/api/v1/sessions", "/api/v1/agents/openai/actions", "/"):
        answer = served.send("OPTIONS", target, {**PREFLIGHT, "Access-Control-Request-Method": "POST"})
        assert answer.status == 204
        assert not open_to_any_origin(answer)


def test_an_operations_view_cannot_be_reached_around_the_chain(served: Site) -> None:
    for target in (f"/api/v1/lots/{LOT}%0a", f"/api/v1/lots/{LOT}/", f"//api/v1/lots/{LOT}"):
        assert served.get(target, bearer()).status == 404


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        (b"*/*", True),
        (b"application/*", True),
        (b"application/json", True),
        (b"text/html, application/xhtml+xml, */*;q=0.8", True),
        (b"APPLICATION/JSON; q=0.1", True),
        (b"application/json;q=broken", True),
        (b" , ", True),
        (b"text/html", False),
        (b"application/json;q=0", False),
        (b"application/json;q=0, */*", False),
        (b"application/*;q=0, text/plain", False),
        (b"nonsense", False),
    ],
)
def test_accept_is_read_as_rfc_9110_has_it(accept: bytes, taken: bool) -> None:
    assert accepts(accept, frozenset({"application/json"})) is taken
