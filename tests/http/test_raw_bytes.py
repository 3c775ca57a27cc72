"""Bytes on a socket that no client library sends: never a 5xx, always the envelope, never a hang."""

import re
from collections.abc import Iterator

import pytest

from app.domain.traces import Trace
from app.http import body
from tests.http.conftest import generous
from tests.http.live import answers_to, connect, live_app, parse, received, running
from tests.http.site import LOT

HOST = b"Host: x\r\n"
CLOSE = b"Connection: close\r\n"
KEY = b"Authorization: Bearer live\r\n"
TYPE = b"Content-Type: application/json\r\n"
HEALTH = b"GET /api/v1/health HTTP/1.1\r\n" + HOST
CREATE = b"POST /api/v1/sessions HTTP/1.1\r\n" + HOST + KEY + TYPE
BODY = b'{"lot_id":"%s","plate":"CO-7891"}' % LOT.encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class Server:
    """The live server of this module."""

    def __init__(self, port: int, traces: list[Trace]) -> None:
        self.port = port
        self.traces = traces


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run the chain behind a real socket."""
    traces: list[Trace] = []
    with running(live_app(generous(), traces)) as port:
        yield Server(port, traces)


def chunk(data: bytes) -> bytes:
    """Write one chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


NOT_HTTP = {
    "garbage": b"GARBAGE\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
    "an unknown method": b"BREW /api/v1/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in lower case": b"get /api/v1/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a length that is no number": CREATE + b"Content-Length: abc\r\n\r\n" + BODY,
    "a length below nought": CREATE + b"Content-Length: -1\r\n\r\n" + BODY,
    "two lengths": CREATE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length and chunks": CREATE + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n",
    "a length too long for 64 bits": CREATE + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a chunk's size that is none": CREATE + CHUNKED + b"xyz\r\n",
    "a header without a colon": HEALTH + b"broken\r\n\r\n",
    "a NUL in a header": HEALTH + b"X: a\x00b\r\n\r\n",
    "a bare line feed in a header": HEALTH + b"X: a\nb\r\n\r\n",
    "a space before the colon": HEALTH + b"X : a\r\n\r\n",
    "a folded header": HEALTH + b"X: a\r\n b\r\n\r\n",
    "an unfinished address": b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the path": b"GET /api/v1/he alth HTTP/1.1\r\n" + HOST + b"\r\n",
    "no path": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path without a slash": b"GET api HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a head without an end": HEALTH + b"X: " + b"a" * 70_000,
    "headers without an end": HEALTH + b"X: a\r\n" * 20_000,
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_gets_the_envelope_and_then_a_closed_connection(server: Server, name: str) -> None:
    with connect(server.port) as connection:
        connection.sendall(NOT_HTTP[name])
        *_, answer = parse(received(connection))
    assert (answer.status, answer.error["code"], answer["Connection"]) == (400, "BAD_REQUEST", "close")
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer["X-Request-Id"])
    assert answer.error["request_id"] == answer["X-Request-Id"]
    assert answer.fields == ["request"]
    assert answer["Strict-Transport-Security"]
    assert all(f"X-RateLimit-{part}" in answer for part in ("Limit", "Remaining", "Reset"))
    assert answer["X-Request-Id"] in {trace.request_id for trace in server.traces}


def test_a_refusal_reaches_a_client_that_goes_on_sending(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(HEALTH + b"X: a\r\n" * 700_000)
        (answer,) = parse(received(connection))
    assert (answer.status, answer.fields) == (400, ["request"])


def test_a_body_that_does_not_come_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "PATIENCE_SECONDS", 0.05)
    with connect(server.port) as connection:
        connection.sendall(CREATE + b"Content-Length: 100\r\n\r\n{")
        (answer,) = parse(received(connection))
    assert (answer.status, answer.error["code"], answer["Connection"]) == (400, "BAD_REQUEST", "close")
    assert answer.fields == ["body"]


WELL_FORMED = {
    "a plain request": (HEALTH + CLOSE + b"\r\n", 200),
    "HTTP/1.0": (b"GET /api/v1/health HTTP/1.0\r\n\r\n", 200),
    "no Host": (b"GET /api/v1/health HTTP/1.1\r\n" + CLOSE + b"\r\n", 200),
    "an absolute address": (b"GET http://x/api/v1/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 200),
    "a body with a length": (CREATE + CLOSE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, 200),
    "a body in chunks": (CREATE + CLOSE + CHUNKED + chunk(BODY[:9]) + chunk(BODY[9:]) + b"0\r\n\r\n", 200),
    "chunks with extensions": (
        CREATE + CLOSE + CHUNKED + b"1;a=b\r\n{\r\n" + chunk(BODY[1:]) + b"0\r\n\r\n",
        200,
    ),
    "trailers": (CREATE + CLOSE + CHUNKED + chunk(BODY) + b"0\r\nX-Sum: 1\r\n\r\n", 200),
    "too much in chunks": (CREATE + CLOSE + CHUNKED + chunk(b"x" * 600_000) * 2 + b"0\r\n\r\n", 413),
    "too much with a length": (CREATE + CLOSE + b"Content-Length: 1048577\r\n\r\n" + b"x" * 1_048_577, 413),
    "a body on GET": (HEALTH + CLOSE + b"Content-Length: 3\r\n\r\nabc", 200),
    "bytes beyond ASCII in the path": (b"GET /api/v1/\xff\xfe HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "escapes that are not UTF-8": (b"GET /api/v1/lots/%ff%fe HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "a broken escape": (b"GET /api/v1/lots/%zz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 400),
    "an escaped NUL": (b"GET /api/v1/lots/%00 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "a star": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
    "TRACE": (b"TRACE /api/v1/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 405),
    "a fragment": (b"GET /api/v1/health#x HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 200),
    "headers of 40 kB": (HEALTH + CLOSE + b"X: " + b"a" * 40_000 + b"\r\n\r\n", 400),
    "a query of 40 kB": (
        b"GET /api/v1/health?" + b"a" * 40_000 + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
        400,
    ),
    "a header beyond ASCII": (HEALTH + CLOSE + b"X: \xff\xfe\r\n\r\n", 200),
    "a cookie of odd bytes": (HEALTH + CLOSE + b"Cookie: \x80=\x81\r\n\r\n", 200),
    "an upgrade to a websocket": (HEALTH + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
    "an upgrade to HTTP/2": (HEALTH + b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n", 200),
    "a continue expected": (CREATE + CLOSE + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", 400),
    "an odd expectation": (HEALTH + CLOSE + b"Expect: tea\r\n\r\n", 200),
    "an empty host": (b"GET /api/v1/health HTTP/1.1\r\nHost:\r\n" + CLOSE + b"\r\n", 200),
    "two hosts": (HEALTH + HOST + CLOSE + b"\r\n", 200),
}


@pytest.mark.parametrize("name", WELL_FORMED)
def test_odd_but_readable_http_is_answered_by_the_chain(server: Server, name: str) -> None:
    sent, status = WELL_FORMED[name]
    *_, answer = answers_to(server.port, sent)
    assert answer.status == status
    assert answer["Content-Type"] == "application/json"
    assert "X-RateLimit-Limit" in answer
    assert "Server" not in answer
    if status != 200:
        assert answer.error["request_id"] == answer["X-Request-Id"]


def test_head_sends_no_body_and_keeps_the_connection(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(HEALTH.replace(b"GET", b"HEAD") + b"\r\n" + HEALTH + CLOSE + b"\r\n")
        data = received(connection)
    head, _, rest = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert parse(rest)[0].json["arguments"] == {}


def test_requests_one_behind_the_other_are_answered_in_turn(server: Server) -> None:
    answers = answers_to(server.port, HEALTH + b"\r\n" + HEALTH + b"\r\n" + HEALTH + CLOSE + b"\r\n")
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({answer["X-Request-Id"] for answer in answers}) == 3


def test_a_request_byte_by_byte_is_still_one(server: Server) -> None:
    sent = CREATE + CLOSE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    pieces = [sent[index : index + 1] for index in range(len(sent))]
    assert [answer.status for answer in answers_to(server.port, *pieces)] == [200]


def test_after_a_body_too_large_the_connection_still_serves(server: Server) -> None:
    large = CREATE + b"Content-Length: 1048577\r\n\r\n" + b"x" * 1_048_577
    answers = answers_to(server.port, large, HEALTH + CLOSE + b"\r\n")
    assert [answer.status for answer in answers] == [413, 200]


def test_garbage_behind_a_good_request_closes_after_its_answer(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(HEALTH + b"\r\n")
        first = b""
        while b"}}" not in first and b'"thread"' not in first:
            first += connection.recv(65_536)
        connection.sendall(b"\x00\x01\x02\r\n\r\n")
        rest = received(connection)
    assert parse(rest)[0].status == 400


def test_a_client_that_leaves_in_the_middle_leaves_a_trace(server: Server) -> None:
    before = len(server.traces)
    with connect(server.port) as connection:
        connection.sendall(CREATE + b"Content-Length: 1000\r\n\r\n{")
    assert answers_to(server.port, HEALTH + CLOSE + b"\r\n")[0].status == 200
    assert len(server.traces) >= before + 1
