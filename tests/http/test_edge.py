"""What every answer carries, whatever became of the request, and what nothing else caught."""

import asyncio
import logging
import re
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import BadGateway, Conflict, ServiceUnavailable
from app.domain.traces import Trace
from app.http import error_page
from app.http.edge import LARGEST_HEAD, Edge
from app.http.errors import Errors
from app.http.observation import Observer
from app.http.routing import Site as PublicSite
from app.settings import Settings
from tests.http.conftest import generous
from tests.http.site import KEYS, LOT, Site, bearer, contract, site

HEALTH = "/api/v1/health"
SEARCH = "/api/v1/lots/search?lat=39.6403&lng=-106.3742"
SECRETS = ("CO-7891", "driver@example.com", "pk_live_0123456789abcdef", "secret-word")


def fails(error: Exception) -> Any:
    """Make a handler that raises."""

    def handler() -> None:
        raise error

    return handler


TARGETS = [
    (HEALTH, 200),
    ("/", 200),
    ("/openapi.json", 200),
    ("/nope", 404),
    ("/api/nope", 404),
    ("/api/v1/lots/1", 400),
    ("/broken", 400),
]


@pytest.mark.parametrize(("target", "status"), TARGETS)
def test_every_answer_carries_id_budget_and_security(served: Site, target: str, status: int) -> None:
    answer = served.get(target)
    assert answer.status == status
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer["X-Request-Id"])
    assert int(answer["X-RateLimit-Remaining"]) < int(answer["X-RateLimit-Limit"])
    assert answer["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_page_may_say_otherwise(served: Site) -> None:
    assert served.get("/legal/terms")["Cache-Control"] == "public"
    assert served.get(HEALTH)["Cache-Control"] == "no-store"


def test_the_request_id_is_ours_whatever_the_client_sends(served: Site) -> None:
    answer = served.get(HEALTH, {"X-Request-Id": "req_" + "0" * 32})
    assert answer["X-Request-Id"] != "req_" + "0" * 32
    assert answer.json["user"]["request_id"] == answer["X-Request-Id"]


def test_two_requests_never_share_an_id(served: Site) -> None:
    assert len({served.get(HEALTH)["X-Request-Id"] for _ in range(50)}) == 50


@pytest.mark.parametrize("target", [HEALTH, "/", "/api/v1/nope", "/nope", "/api/v1/lots/1", "/openapi.json"])
def test_head_answers_as_get_does_without_the_body(served: Site, target: str) -> None:
    head, get = served.send("HEAD", target), served.get(target)
    assert head.status == get.status
    assert head.body == b""
    assert head["Content-Type"] == get["Content-Type"]


@pytest.mark.parametrize("target", ["/nope", "/broken", "/legal/terms/"])
def test_people_get_a_page_with_code_and_request_id(served: Site, target: str) -> None:
    answer = served.get(target)
    page = answer.body.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["X-Request-Id"] in page
    assert re.search(r"NOT_FOUND|BAD_REQUEST", page)
    assert 'href="/assets/park-graph.css"' in page
    assert answer["Content-Security-Policy"] == error_page.POLICY


@pytest.mark.parametrize(
    "target", ["/api", "/api/", "/api/v1", "/api/agents/openai/nope", "/openapi.json/x?"]
)
def test_programs_get_the_envelope_under_api(served: Site, target: str) -> None:
    answer = served.get(target)
    expected = "application/json" if target.startswith("/api") else "text/html; charset=utf-8"
    assert answer.status == 404
    assert answer["Content-Type"] == expected


def test_plaintext_is_refused_where_tls_is_required() -> None:
    with site(settings=generous(require_tls=True)) as made:
        refused = made.get(HEALTH, bearer("nobody"))
        assert (refused.status, refused.error["code"]) == (426, "UPGRADE_REQUIRED")
        assert refused["Upgrade"] == "TLS/1.3"
        for target in ("/", "/api/v1/nope", "/api/v1/sessions"):
            assert made.get(target).status == 426
        assert made.get(HEALTH, scheme="https").status == 200


def test_a_plaintext_request_pays_and_is_traced_as_what_it_asked_for() -> None:
    with site(settings=Settings(threads=4, require_tls=True)) as made:
        answer = made.get(SEARCH, bearer())
        trace = made.traces[0]
    assert (answer.status, answer["X-RateLimit-Limit"]) == (426, "240")
    assert (trace.operation_id, trace.project_id) == ("searchLots", KEYS["live"].project.id)


def test_a_head_beyond_32_kib_is_refused(served: Site) -> None:
    assert served.get(HEALTH, {"X-Long": "a" * (LARGEST_HEAD - 100)}).status == 200
    for answer in (
        served.get(HEALTH, {"X-Long": "a" * LARGEST_HEAD}),
        served.get(HEALTH, [(f"X-{number}", "a" * 100) for number in range(400)]),
        served.get(f"{HEALTH}?{'a' * LARGEST_HEAD}"),
    ):
        assert (answer.status, answer.fields) == (400, ["headers"])


def test_a_websocket_is_closed(served: Site) -> None:
    sent: list[Message] = []

    async def knock() -> None:
        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await served.app({"type": "websocket", "path": "/", "headers": []}, receive, send)

    served.loop.run_until_complete(knock())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_an_unexpected_error_is_internal_and_its_message_stays_inside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        site(handlers={"getHealth": fails(ValueError(SECRETS[0]))}, settings=generous()) as made,
    ):
        answer = made.get(HEALTH)
        trace = made.traces[0]
    assert (answer.status, answer.error["code"]) == (500, "INTERNAL")
    assert trace.stack is not None
    assert "raise error" in trace.stack
    assert "ValueError" in trace.stack
    assert SECRETS[0] not in answer.body.decode() + trace.stack + caplog.text
    assert answer["X-Request-Id"] in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Conflict("Too late."), 409, "CONFLICT"),
        (BadGateway("Stripe is away."), 502, "BAD_GATEWAY"),
        (ServiceUnavailable("The database is away."), 503, "SERVICE_UNAVAILABLE"),
    ],
)
def test_what_a_service_refuses_reaches_the_caller(error: Exception, status: int, code: str) -> None:
    with site(handlers={"getHealth": fails(error)}, settings=generous()) as made:
        answer = made.get(HEALTH)
    assert (answer.status, answer.error["code"], answer.error["message"]) == (status, code, str(error))
    assert ("Retry-After" in answer) == (status == 503)


async def nothing_more() -> Message:
    """Receive the end."""
    return {"type": "http.disconnect"}


def edge_around(app: ASGIApp, traces: list[Trace] | None = None) -> Edge:
    """Make an edge around an application."""
    flask: Any = None
    kept = [] if traces is None else traces
    return Edge(
        app,
        errors=Errors(contract()),
        site=PublicSite(flask, frozenset()),
        observer=Observer(kept.append, words=frozenset()),
        require_tls=False,
        farewells={},
    )


def sent_by(app: ASGIApp) -> list[Message]:
    """Send one request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/api/x", "query_string": b"", "headers": []}
    asyncio.run(app(scope, nothing_more, send))
    return sent


def test_what_escapes_everything_is_still_answered_in_the_envelope() -> None:
    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise RuntimeError("escaped")

    start, body = sent_by(edge_around(broken))
    assert start["status"] == 500
    assert b'"code":"INTERNAL"' in body["body"]


def test_an_answer_that_breaks_off_closes_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(SECRETS[0])

    with pytest.raises(RuntimeError, match="broke off"):
        sent_by(edge_around(broken))
    assert "broke off" in caplog.text
    assert SECRETS[0] not in caplog.text


def test_an_error_behind_a_whole_answer_is_not_the_clients_concern() -> None:
    async def broken(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})
        raise RuntimeError("afterwards")

    start, body = sent_by(edge_around(broken))
    assert (start["status"], body["body"]) == (200, b"whole")


def test_a_client_that_left_is_no_failure() -> None:
    async def answering(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"nobody reads this"})

    async def closed(_: Message) -> None:
        raise RuntimeError("the handler is closed")

    scope = {"type": "http", "method": "GET", "path": "/api/x", "query_string": b"", "headers": []}
    traces: list[Trace] = []
    asyncio.run(edge_around(answering, traces)(scope, nothing_more, closed))
    assert [trace.status for trace in traces] == [200]


def test_no_log_line_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), site(settings=generous()) as made:
        for secret in SECRETS:
            made.get(f"/api/v1/lots/search?address={secret}&plate={secret}", bearer(secret))
            made.get(f"/api/v1/{secret}/{secret}", {"Cookie": secret})
            made.get(f"/{secret}")
            made.post("/api/v1/sessions", {"lot_id": LOT, "plate": secret, secret: secret}, bearer())
            made.post("/api/v1/agents/openai/actions", {"action": secret}, bearer("agent"))
    ours = [record for record in caplog.records if record.name.startswith("parkgraph")]
    assert len([record for record in ours if record.name == "parkgraph.access"]) == 20
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_the_access_log_is_json_a_line_each(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "parkgraph.access"), site(settings=generous()) as made:
        answer = made.get(SEARCH, bearer())
    line = caplog.records[-1].getMessage()
    assert '"operation":"searchLots"' in line
    assert f'"request_id":"{answer["X-Request-Id"]}"' in line
    assert '"path":"/api/v1/lots/search","' in line
    assert "39.6403" not in line
