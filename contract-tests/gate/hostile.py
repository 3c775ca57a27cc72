"""Requests that no generator writes, each with the one answer that is right.

A case that the parser itself refuses loses its connection; every other one keeps it, unless it asked for the
end. Where the contract's own words decide, the comment names them.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from gate.raw import chunked, request

SESSIONS = "/api/v1/sessions"
SEARCH = "/api/v1/lots/search"
AT_VAIL = "lat=39.6403&lng=-106.3742"
ACTIONS = "/api/v1/agents/openai/actions"
LARGEST = 1_048_576
LARGEST_HEAD = 32_768


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to send, and what has to come back."""

    name: str
    data: bytes
    status: int
    loses_connection: bool = False
    to_head: bool = False
    is_page: bool = False
    """Outside of /api people get a page, with the code and the request id in it (product decision 3)."""


def cases(*, key: str, lot_id: str) -> list[Case]:
    """Write every case for a key and a lot with room for everybody."""
    requests = _Requests(key=key, lot_id=lot_id)
    groups = (_bodies, _media_types, _framing, _queries, _paths, _methods, _credentials, _headers, _lines)
    return [case for group in groups for case in group(requests)]


class _Requests:
    """The same few requests, bent in one place each."""

    def __init__(self, *, key: str, lot_id: str) -> None:
        self._lot_id = lot_id
        self._numbers = iter(range(1, 10_000))
        self.authorization = {"Authorization": f"Bearer {key}"}
        self.json = self.authorization | {"Content-Type": "application/json"}

    def order(self, **changes: Any) -> dict[str, Any]:
        """Order a session for a plate of its own."""
        return {"lot_id": self._lot_id, "plate": f"RAW {next(self._numbers)}"} | changes

    def text(self, **changes: Any) -> bytes:
        """Write such an order as JSON."""
        return json.dumps(self.order(**changes)).encode()

    def post(self, body: bytes | None, **headers: str) -> bytes:
        """Send a body as an order."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return request("POST", SESSIONS, headers=self.json | named, body=body)

    def plate(self, raw: bytes) -> bytes:
        """Order a session for a plate whose JSON text is given as it is."""
        return self.post(self.text(plate="?").replace(b'"?"', raw))

    def hours(self, raw: bytes) -> bytes:
        """Order a session for a number of hours whose JSON text is given as it is."""
        return self.post(self.text(duration_hours=77).replace(b"77", raw))

    def get(self, target: str, **headers: str) -> bytes:
        """Read something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return request("GET", target, headers=self.authorization | named)

    def search(self, query: str) -> bytes:
        """Search near Vail, with a query that is given as it is."""
        return self.get(f"{SEARCH}?{query}")


def _bodies(to: _Requests) -> Iterator[Case]:
    whole = to.text
    yield Case("a valid order", to.post(whole()), 201)
    yield Case("invalid UTF-8", to.plate(b'"\xff\xfe"'), 400)
    yield Case("overlong UTF-8", to.plate(b'"\xc0\xaf"'), 400)
    yield Case("UTF-8 of a surrogate", to.plate(b'"\xed\xa0\x80"'), 400)
    yield Case("a lone surrogate escaped", to.plate(b'"\\ud800"'), 400)
    yield Case("NUL escaped", to.plate(b'"A\\u0000B"'), 400)
    yield Case("a raw control character", to.plate(b'"A\x01B"'), 400)
    yield Case("a line break at the end of a pattern", to.plate(b'"CO 7891\\n"'), 400)
    yield Case("a byte order mark", to.post(b"\xef\xbb\xbf" + whole()), 400)
    yield Case("UTF-16 bytes", to.post(whole().decode().encode("utf-16")), 400)
    yield Case("an empty body", to.post(b""), 400)
    yield Case("no body at all", to.post(None), 400)
    yield Case("white space", to.post(b" \r\n\t "), 400)
    for text in ("null", "[]", '"text"', "7", "true", "{}"):
        yield Case(f"the body {text}", to.post(text.encode()), 400)
    yield Case("something after the end", to.post(whole() + b"x"), 400)
    yield Case("two documents", to.post(whole() + whole()), 400)
    yield Case("half a document", to.post(whole()[:-9]), 400)
    yield Case("a trailing comma", to.post(whole()[:-1] + b",}"), 400)
    yield Case("a comment", to.post(b"/* hi */" + whole()), 400)
    yield Case("single quotes", to.post(whole().replace(b'"', b"'")), 400)
    yield Case("NaN", to.hours(b"NaN"), 400)
    yield Case("Infinity", to.hours(b"-Infinity"), 400)
    yield Case("a number beyond doubles", to.hours(b"1e999"), 400)
    yield Case("an integer of 5,000 digits", to.hours(b"9" * 5000), 400)
    yield Case("minus zero", to.hours(b"-0"), 400)
    yield Case("a leading zero", to.hours(b"04"), 400)
    yield Case("hexadecimal", to.hours(b"0x4"), 400)
    yield Case("a number as text", to.hours(b'"4"'), 400)
    yield Case("true for a number", to.hours(b"true"), 400)
    yield Case("an exponent for a number", to.hours(b"4e0"), 201)
    yield Case("a list 200,000 deep", to.post(b"[" * 200_000 + b"]" * 200_000), 400)
    yield Case("objects 100,000 deep", to.post(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 400)
    # RFC 8259 section 4 leaves it to us: the last of two equal keys wins.
    yield Case("a key given twice", to.post(whole().replace(b"{", b'{"plate": 7, ', 1)), 201)
    yield Case("__proto__", to.post(whole(__proto__={"scopes": ["operator"]})), 400)
    integral = {"action": "search_parking", "parameters": {"address": "Vail", "limit": "?"}}
    for written, status in ((b"5.0", 200), (b"5e0", 200), (b"5.5", 400), (b"true", 400), (b'"5"', 400)):
        body = json.dumps(integral).encode().replace(b'"?"', written)
        yield Case(f"{written.decode()} for an integer", _act(to, body), status)


def _act(to: _Requests, body: bytes) -> bytes:
    return request("POST", ACTIONS, headers=to.json, body=body)


def _media_types(to: _Requests) -> Iterator[Case]:
    typed = [
        ("no Content-Type", None, 415),
        ("text/plain", "text/plain", 415),
        ("a form", "application/x-www-form-urlencoded", 415),
        ("multipart", "multipart/form-data; boundary=x", 415),
        ("another JSON type", "application/merge-patch+json", 415),
        ("a malformed type", ";;;", 415),
        ("an empty type", "", 415),
        ("a type in capitals", "APPLICATION/JSON", 201),
        ("a charset in quotes", 'application/json; charset="UTF-8"', 201),
        ("an unknown charset", "application/json; charset=klingon", 400),
        ("UTF-16 as charset", "application/json; charset=utf-16", 400),
    ]
    for name, media_type, status in typed:
        headers = to.authorization | ({} if media_type is None else {"Content-Type": media_type})
        yield Case(name, request("POST", SESSIONS, headers=headers, body=to.text()), status)
    twice = to.authorization | {"Content-Type": "application/json", "content-type": "application/json"}
    yield Case("two Content-Types", request("POST", SESSIONS, headers=twice, body=to.text()), 415)
    zipped = to.post(gzip.compress(to.text()), Content_Encoding="gzip")
    yield Case("a zipped body", zipped, 415)


def _framing(to: _Requests) -> Iterator[Case]:
    refused = partial(Case, status=400, loses_connection=True)
    in_chunks = to.json | {"Transfer-Encoding": "chunked"}
    chunks = partial(request, "POST", SESSIONS, headers=in_chunks)
    body = to.text()
    yield Case("a body in chunks", chunks(body=chunked(body[:10], body[10:])), 201)
    yield Case("chunks with a trailer", chunks(body=chunked(to.text(), trailer=b"X-Late: 1\r\n")), 201)
    yield refused("a chunk of no size", chunks(body=b"zz\r\n" + body + b"\r\n0\r\n\r\n"))
    yield refused("a chunk longer than its size", chunks(body=b"3\r\n" + body + b"\r\n0\r\n\r\n"))
    both = in_chunks | {"Content-Length": "5"}
    yield refused("a length and chunks", request("POST", SESSIONS, headers=both, body=chunked(body)))
    for length in ("abc", "-1", "+5", "1_0", "0x10", "99999999999999999999999"):
        headers = to.json | {"Content-Length": length}
        yield refused(f"the length {length}", request("POST", SESSIONS, headers=headers, body=body))
    two = to.json | {"Content-Length": "5", "content-length": "6"}
    yield refused("two lengths", request("POST", SESSIONS, headers=two, body=body))
    yield refused("a body that goes on as rubbish", to.post(to.text()) + b"\x00\x01\x02 rubbish\r\n\r\n")
    spaces = b" " * (LARGEST - len(body))
    yield Case("the largest body", to.post(body.replace(b"RAW", b"BIG") + spaces), 201)
    yield Case("one byte too many", to.post(body + spaces + b" "), 413)
    yield Case("too much in chunks", chunks(body=chunked(body, *[b" " * 65536] * 17)), 413)


def _queries(to: _Requests) -> Iterator[Case]:
    yield Case("a valid search", to.search(AT_VAIL), 200)
    yield Case("a parameter twice", to.search(f"{AT_VAIL}&limit=1&limit=2"), 400)
    for value in (
        "1_0",
        "%205",
        "5%20",
        "%2B5",
        "%D9%A5",
        "",
        "5.5",
        "0x5",
        "five",
        "9" * 5000,
        "%00",
        "5%0a",
    ):
        name = value[:12] or "nothing"
        yield Case(f"limit is {name}", to.search(f"{AT_VAIL}&limit={value}"), 400)
    for value in ("NaN", "inf", "-Infinity", "1e999", "", "91", "39,6"):
        yield Case(f"lat is {value or 'nothing'}", to.search(f"lat={value}&lng=-106.3742"), 400)
    for value in ("TRUE", "1", "yes", ""):
        yield Case(f"open_now is {value or 'nothing'}", to.search(f"{AT_VAIL}&open_now={value}"), 400)
    yield Case("an unknown parameter", to.search(f"{AT_VAIL}&colour=red"), 400)
    yield Case("a parameter in capitals", to.search(f"{AT_VAIL}&LIMIT=5"), 400)
    yield Case("a parameter as a list", to.search(f"{AT_VAIL}&limit[]=5"), 400)
    yield Case("no query", to.get(f"{SEARCH}?"), 400)
    yield Case("half a position", to.search("lat=39.6403"), 400)
    for value in ("%ff%fe", "%C0%80", "%ED%A0%80", "%00", "a%0Ab", "x" * 201, "%20"):
        yield Case(f"address is {value[:12]}", to.search(f"address={value}"), 400)
    for day in ("2026-02-30", "2026-13-01", "2026-00-10"):
        after = f"/api/v1/sessions?started_after={day}T00:00:00Z"
        yield Case(f"a day that no calendar has, {day}", to.get(after), 400)
    yield Case("quotes and semicolons", to.search("address=';DROP%20TABLE%20lots;--"), 200)
    yield Case("a wildcard", to.search("address=%25%5F%5C"), 200)
    yield Case("a cursor that is none", to.get("/api/v1/operator/api-keys?cursor=" + "A" * 36), 400)


def _paths(to: _Requests) -> Iterator[Case]:
    lot = "/api/v1/lots/019bc262-9800-752e-89a7-834df2a74de4"
    for name, tail in (("NUL", "%00"), ("no UTF-8", "%ff"), ("a line break", "%0a"), ("a slash", "%2f")):
        yield Case(
            f"{name} at the end of a path", to.get(lot + tail), 404 if tail in ("%00", "%0a", "%2f") else 400
        )
    yield Case("an id that is none", to.get("/api/v1/lots/lionshead"), 400)
    yield Case("a trailing slash", to.get(f"{lot}/"), 404)
    yield Case("a double slash", to.get("/api//v1/lots/search"), 404)
    yield Case("a double slash at the front", to.get("//api/v1/health"), 404, is_page=True)
    yield Case("dots", to.get("/api/v1/lots/../health"), 404)
    yield Case("dots in disguise", to.get("/api/v1/lots/%2e%2e/health"), 404)
    yield Case("a backslash", to.get("/api/v1\\health"), 404)
    yield Case("capitals", to.get("/API/v1/health"), 404, is_page=True)
    yield Case("nothing there", to.get("/api/v1/nope"), 404)
    yield Case("the API's root", to.get("/api"), 404)
    yield Case(
        "an unknown platform",
        request("POST", "/api/v1/agents/clippy/actions", headers=to.json, body=b"{}"),
        400,
    )
    yield Case("a parameter of the path", to.get("/api/v1/health;v=2"), 404)
    yield Case("a path of 40,000 bytes", to.get("/api/v1/" + "a" * 40_000), 400)
    yield Case("the absolute form", to.get("http://gate.test/api/v1/health"), 200)
    yield Case("a raw byte beyond ASCII", to.get("/api/v1/\xe9"), 400, loses_connection=True)
    yield Case("a space in the target", to.get("/api/v1/hea lth"), 400, loses_connection=True)


def _methods(to: _Requests) -> Iterator[Case]:
    health = "/api/v1/health"
    yield Case("HEAD", request("HEAD", health), 200, to_head=True)
    yield Case("HEAD where only POST is", request("HEAD", ACTIONS, headers=to.json), 405, to_head=True)
    yield Case("OPTIONS", request("OPTIONS", SESSIONS), 204)
    for method in ("TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"):
        yield Case(f"{method} where it is not", request(method, SESSIONS, headers=to.authorization), 405)
    for method in ("BREW", "get", "GE T", "", "G\x00T"):
        name = repr(method)
        yield Case(f"the method {name}", request(method, health), 400, loses_connection=True)
    yield Case("CONNECT", request("CONNECT", "gate.test:443"), 400, loses_connection=True)
    yield Case("OPTIONS for everything", request("OPTIONS", "*"), 404, is_page=True)


def _credentials(to: _Requests) -> Iterator[Case]:
    read = partial(request, "GET", "/api/v1/operator/api-keys")
    for name, value in (
        ("no scheme", to.authorization["Authorization"].removeprefix("Bearer ")),
        ("no token", "Bearer "),
        ("Basic", "Basic dXNlcjpwYXNz"),
        ("Basic that is none", "Basic ###"),
        ("bytes beyond ASCII", "Bearer \xff\xe9"),
        ("two tokens", f"{to.authorization['Authorization']} again"),
        ("a token of 10,000 bytes", f"Bearer pk_test_{'a' * 10_000}"),
        ("an empty header", ""),
        ("another checksum", f"{to.authorization['Authorization'][:-1]}!"),
    ):
        yield Case(f"credential: {name}", read(headers={"Authorization": value}), 401)
        # An operation that anyone may call refuses a bad credential all the same.
        optional = request("GET", f"{SEARCH}?{AT_VAIL}", headers={"Authorization": value})
        yield Case(f"credential where none is needed: {name}", optional, 401)
    twice = to.authorization | {"authorization": to.authorization["Authorization"]}
    yield Case("credential: two headers", read(headers=twice), 401)
    yield Case(
        "credential: a scheme in lower case",
        read(headers={"Authorization": "bearer" + to.authorization["Authorization"][6:]}),
        200,
    )


def _headers(to: _Requests) -> Iterator[Case]:
    for name, value in (
        ("bytes beyond ASCII", "\xff" * 10),
        ("nothing", ""),
        ("too long", "k" * 256),
        ("a tab", "a\tb"),
    ):
        yield Case(f"idempotency key: {name}", to.post(to.text(), Idempotency_Key=value), 400)
    twice = to.json | {"Idempotency-Key": "one", "idempotency-key": "two"}
    yield Case("idempotency key: two", request("POST", SESSIONS, headers=twice, body=to.text()), 400)
    both = to.post(to.text(idempotency_key="one"), Idempotency_Key="two")
    yield Case("idempotency key: header and body differ", both, 400)
    yield Case("Accept: text/html", to.get("/api/v1/health", Accept="text/html"), 406)
    yield Case("Accept: nothing at all", to.get("/api/v1/health", Accept="application/json;q=0"), 406)
    yield Case("Accept: rubbish", to.get("/api/v1/health", Accept=";;;,,,q=q"), 406)
    yield Case("Accept: anything", to.get("/api/v1/health", Accept="*/*;q=0.1"), 200)
    yield Case("a head of 33,000 bytes", to.get("/api/v1/health", X_Padding="a" * 33_000), 400)
    many = {f"X-Header-{number}": "a" * 20 for number in range(2000)}
    yield Case("2,000 headers", request("GET", "/api/v1/health", headers=many), 400)
    yield Case("a socket upgrade", to.get("/api/v1/health", Connection="Upgrade", Upgrade="websocket"), 200)
    yield Case("an upgrade to HTTP/2", to.get("/api/v1/health", Connection="Upgrade", Upgrade="h2c"), 200)
    yield Case(
        "a body on GET",
        request("GET", "/api/v1/health", headers={"Content-Type": "text/plain"}, body=b"abc"),
        200,
    )
    yield Case(
        "a bad signature",
        request(
            "POST",
            "/api/v1/webhooks/stripe",
            headers={"Content-Type": "application/json", "Stripe-Signature": "t=1,v1=\xff"},
            body=b'{"id":"evt_1","type":"a.b","livemode":false,"data":{"object":{}}}',
        ),
        400,
    )


def _lines(to: _Requests) -> Iterator[Case]:
    refused = partial(Case, status=400, loses_connection=True)
    start = b"GET /api/v1/health HTTP/1.1\r\nHost: gate.test\r\n"
    yield refused("a header without a colon", start + b"Nonsense\r\n\r\n")
    yield refused("a space before the colon", start + b"X-A : b\r\n\r\n")
    yield refused("a header without a name", start + b": b\r\n\r\n")
    yield refused("a folded header", start + b"X-A: b\r\n c\r\n\r\n")
    yield refused("NUL in a header", start + b"X-A: b\x00c\r\n\r\n")
    yield refused("a bare carriage return", start + b"X-A: b\rX-C: d\r\n\r\n")
    yield refused("no HTTP at all", b"\x00\xff\x13\x37" * 8 + b"\r\n\r\n")
    yield refused("a TLS greeting", bytes.fromhex("16030100c8010000c40303") + b"\x11" * 64)
    yield refused("HTTP/2 with prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield refused("a version that is none", b"GET /api/v1/health HTTP/9.9\r\nHost: gate.test\r\n\r\n")
    yield refused("a version of letters", b"GET /api/v1/health HTTP/a.b\r\nHost: gate.test\r\n\r\n")
    yield refused("another protocol", b"EHLO mail.example.com\r\n\r\n")
    yield Case("empty lines first", b"\r\n\r\n" + start + b"\r\n", 200)
