"""Every way in which a request can be wrong: status, code and offending fields, always in the envelope.

The rows are the traps of Connexion as it ships: requests that it answers with 500, or lets through.
"""

import re
from typing import Any, NamedTuple

import pytest

from tests.http.site import JSON, LOT, SESSION, Site, bearer

SEARCH = "/api/v1/lots/search"
NEAR_VAIL = f"{SEARCH}?lat=39.6403&lng=-106.3742"
LOT_PATH = f"/api/v1/lots/{LOT}"
SESSIONS = "/api/v1/sessions"
ACTIONS = "/api/v1/agents/openai/actions"
CREATE = {"lot_id": LOT, "plate": "CO-7891"}
DEEP = b'{"action":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
WIDE = b'{"lot_id":"' + b"a" * 1_048_600 + b'"}'


class Case(NamedTuple):
    """A request, and how it is refused."""

    name: str
    status: int
    code: str
    fields: list[str]
    method: str
    target: str
    headers: Any = ()
    body: bytes = b""


def get(name: str, status: int, code: str, target: str, *fields: str, headers: Any = ()) -> Case:
    """Describe a GET."""
    return Case(name, status, code, list(fields), "GET", target, headers)


def post(
    name: str, status: int, code: str, target: str, body: bytes, *fields: str, headers: Any = None
) -> Case:
    """Describe a POST with a live key and a JSON body."""
    sent = {**bearer(), **JSON} if headers is None else headers
    return Case(name, status, code, list(fields), "POST", target, sent, body)


def session(text: str) -> bytes:
    """Write a session's creation, and something more."""
    return b'{"lot_id":"%s","plate":"CO-7891"%s}' % (LOT.encode(), text.encode())


PARAMETERS = [
    get("letters for a number", 400, "BAD_REQUEST", f"{SEARCH}?lat=abc&lng=1", "lat"),
    get("a number out of range", 400, "BAD_REQUEST", f"{SEARCH}?lat=91&lng=-181", "lat", "lng"),
    get("not a number", 400, "BAD_REQUEST", f"{SEARCH}?lat=NaN&lng=1", "lat"),
    get("infinity", 400, "BAD_REQUEST", f"{SEARCH}?lat=1&lng=Infinity", "lng"),
    get("a number with a thousand digits", 400, "BAD_REQUEST", f"{SEARCH}?lat={'9' * 1000}&lng=1", "lat"),
    get("Python's underscore", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=1_0", "limit"),
    get("a space before a number", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=%205", "limit"),
    get("a plus before a number", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=%2B5", "limit"),
    get("a plus as it stands", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=+5", "limit"),
    get("a leading zero", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=05", "limit"),
    get("a fraction for a whole number", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=5.5", "limit"),
    get("digits of another script", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=%D9%A5", "limit"),
    get("nothing for a number", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=", "limit"),
    get("5000 digits", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit={'9' * 5000}", "limit"),
    get("a parameter twice", 400, "BAD_REQUEST", f"{NEAR_VAIL}&limit=1&limit=2", "limit"),
    get("an unknown parameter", 400, "BAD_REQUEST", f"{NEAR_VAIL}&nope=1", "nope"),
    get("a parameter without a name", 400, "BAD_REQUEST", f"{NEAR_VAIL}&=1", "(no name)"),
    get("yes for true", 400, "BAD_REQUEST", f"{NEAR_VAIL}&open_now=yes", "open_now"),
    get("a value outside the enum", 400, "BAD_REQUEST", f"{NEAR_VAIL}&type=castle", "type"),
    get("a control character", 400, "BAD_REQUEST", f"{SEARCH}?address=a%00b", "address"),
    get("a line break at the end", 400, "BAD_REQUEST", f"{SEARCH}?address=Vail%0a", "address"),
    get("bytes that are not UTF-8", 400, "BAD_REQUEST", f"{SEARCH}?address=%ff%fe", "query"),
    get("bytes beyond ASCII as they are", 400, "BAD_REQUEST", f"{SEARCH}?address=\xff", "query"),
    get("a thousand parameters", 400, "BAD_REQUEST", f"{SEARCH}?{'&'.join(['a=1'] * 1000)}", "query"),
    get("an id that is none", 400, "BAD_REQUEST", "/api/v1/lots/42", "lot_id"),
    get("an id and a line break", 404, "NOT_FOUND", f"{LOT_PATH}%0a"),
    get("two things at once", 400, "BAD_REQUEST", "/api/v1/lots/42?nope=1", "nope", "lot_id"),
]

PLACES = [
    get("an unknown path", 404, "NOT_FOUND", "/api/v1/nope"),
    get("the API's root", 404, "NOT_FOUND", "/api"),
    get("a stray slash", 404, "NOT_FOUND", f"{LOT_PATH}/"),
    get("two slashes", 404, "NOT_FOUND", "/api/v1//lots/search"),
    get("an escaped slash", 404, "NOT_FOUND", "/api/v1/lots/a%2Fb/rates/"),
    get("a path that climbs", 404, "NOT_FOUND", "/api/v1/lots/../health"),
    get("a NUL in a path", 404, "NOT_FOUND", "/api/v1/lots/%00"),
    get("another spelling", 404, "NOT_FOUND", "/api/V1/health"),
    get("the documents that Connexion would show", 404, "NOT_FOUND", "/api/openapi.json"),
    Case("PUT where POST is", 405, "METHOD_NOT_ALLOWED", [], "PUT", ACTIONS),
    Case("GET where POST is", 405, "METHOD_NOT_ALLOWED", [], "GET", ACTIONS),
    Case("HEAD where POST is", 405, "METHOD_NOT_ALLOWED", [], "HEAD", ACTIONS),
    Case("TRACE", 405, "METHOD_NOT_ALLOWED", [], "TRACE", "/api/v1/health"),
    Case("a method made up", 405, "METHOD_NOT_ALLOWED", [], "BREW", "/api/v1/health"),
    Case("POST to a published form", 405, "METHOD_NOT_ALLOWED", [], "POST", "/openapi.json"),
    get("XML wanted", 406, "NOT_ACCEPTABLE", "/api/v1/health", headers={"Accept": "application/xml"}),
    get("JSON refused", 406, "NOT_ACCEPTABLE", "/api/v1/health", headers={"Accept": "application/json;q=0"}),
    get(
        "anything but JSON", 406, "NOT_ACCEPTABLE", "/api/v1/health", headers={"Accept": "text/*, image/png"}
    ),
]

CREDENTIALS = [
    get("no key", 401, "UNAUTHORIZED", f"{SESSIONS}/{SESSION}"),
    get("a bad key", 401, "UNAUTHORIZED", f"{SESSIONS}/{SESSION}", headers=bearer("nobody")),
    get("a bad key where none is needed", 401, "UNAUTHORIZED", NEAR_VAIL, headers=bearer("nobody")),
    get("a bad key where no key counts", 401, "UNAUTHORIZED", "/api/v1/health", headers=bearer("nobody")),
    get("a bad key at an unknown path", 401, "UNAUTHORIZED", "/api/v1/nope", headers=bearer("nobody")),
    get("Basic", 401, "UNAUTHORIZED", NEAR_VAIL, headers={"Authorization": "Basic Zm9vOmJhcg=="}),
    get("one word", 401, "UNAUTHORIZED", NEAR_VAIL, headers={"Authorization": "live"}),
    get("Bearer and nothing", 401, "UNAUTHORIZED", NEAR_VAIL, headers={"Authorization": "Bearer "}),
    get("an empty header", 401, "UNAUTHORIZED", NEAR_VAIL, headers={"Authorization": ""}),
    get(
        "two keys in one header",
        401,
        "UNAUTHORIZED",
        NEAR_VAIL,
        headers={"Authorization": "Bearer live live"},
    ),
    get("two headers", 401, "UNAUTHORIZED", NEAR_VAIL, headers=[*bearer().items(), *bearer("other").items()]),
    get("bytes beyond ASCII", 401, "UNAUTHORIZED", NEAR_VAIL, headers={"Authorization": "Bearer \xff\xe9"}),
    get("a key without the scope", 403, "FORBIDDEN", f"{SESSIONS}/{SESSION}", headers=bearer("unscoped")),
    get("that key where none is needed", 403, "FORBIDDEN", NEAR_VAIL, headers=bearer("unscoped")),
    post(
        "agents on the starter plan",
        403,
        "FORBIDDEN",
        ACTIONS,
        b'{"action":"search_parking"}',
        headers={**bearer("starter"), **JSON},
    ),
]

TYPES = [
    post("no content type", 415, "UNSUPPORTED_MEDIA_TYPE", SESSIONS, session(""), headers=bearer()),
    *(
        post(
            f"the content type {value!r}",
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            SESSIONS,
            session(""),
            headers={**bearer(), "Content-Type": value},
        )
        for value in (
            "text/plain",
            ";;;",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
        )
    ),
    post(
        "two content types",
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        SESSIONS,
        session(""),
        headers=[*bearer().items(), *JSON.items(), ("Content-Type", "text/plain")],
    ),
    post(
        "an odd charset",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(""),
        "Content-Type",
        headers={**bearer(), "Content-Type": "application/json; charset=utf-16"},
    ),
]

BODIES = [
    post("no body", 400, "BAD_REQUEST", SESSIONS, b"", "body"),
    post("no body and no type", 400, "BAD_REQUEST", SESSIONS, b"", "body", headers=bearer()),
    post("white space", 400, "BAD_REQUEST", SESSIONS, b"  \n", "body"),
    post("null", 400, "BAD_REQUEST", SESSIONS, b"null", "body"),
    post("a list", 400, "BAD_REQUEST", SESSIONS, b"[]", "body"),
    post("half a body", 400, "BAD_REQUEST", SESSIONS, session("")[:-1], "body"),
    post("something behind the body", 400, "BAD_REQUEST", SESSIONS, session("") + b"x", "body"),
    post("a byte order mark", 400, "BAD_REQUEST", SESSIONS, b"\xef\xbb\xbf" + session(""), "body"),
    post("bytes that are not UTF-8", 400, "BAD_REQUEST", SESSIONS, b'{"plate":"\xff\xfe"}', "body"),
    post("UTF-16", 400, "BAD_REQUEST", SESSIONS, session("").decode().encode("utf-16"), "body"),
    post("half a surrogate pair", 400, "BAD_REQUEST", SESSIONS, session(r',"email":"\ud800"'), "body"),
    post("NaN", 400, "BAD_REQUEST", SESSIONS, session(',"duration_hours":NaN'), "body"),
    post("a number beyond floats", 400, "BAD_REQUEST", SESSIONS, session(',"duration_hours":1e999'), "body"),
    post("200,000 levels", 400, "BAD_REQUEST", ACTIONS, DEEP, "body"),
    post("65 levels", 400, "BAD_REQUEST", ACTIONS, b"[" * 66 + b"]" * 66, "body"),
    post("5000 digits", 400, "BAD_REQUEST", SESSIONS, session(f',"duration_hours":{"9" * 5000}'), "body"),
    post("65 bits", 400, "BAD_REQUEST", SESSIONS, session(f',"duration_hours":{2**64}'), "body"),
    post(
        "65 bits below nought",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(f',"duration_hours":{-(2**63) - 1}'),
        "body",
    ),
    post("more than 1 MiB", 413, "PAYLOAD_TOO_LARGE", SESSIONS, WIDE),
    post(
        "more than 1 MiB announced",
        413,
        "PAYLOAD_TOO_LARGE",
        SESSIONS,
        session(""),
        headers={**bearer(), **JSON, "Content-Length": "1048577"},
    ),
]

FIELDS = [
    post("a missing field", 400, "BAD_REQUEST", SESSIONS, b'{"plate":"CO-7891"}', "lot_id"),
    post("all that is missing", 400, "BAD_REQUEST", SESSIONS, b"{}", "lot_id", "plate"),
    post("a field too many", 400, "BAD_REQUEST", SESSIONS, session(',"surprise":1'), "surprise"),
    post(
        "true for a number", 400, "BAD_REQUEST", SESSIONS, session(',"duration_hours":true'), "duration_hours"
    ),
    post(
        "NUL in a text",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(r',"idempotency_key":"a\u0000b"'),
        "idempotency_key",
    ),
    post("a bad entry below", 400, "BAD_REQUEST", SESSIONS, session(',"metadata":{"a":1}'), "metadata.a"),
    post(
        "the last of two fields of one name",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(',"duration_hours":2,"duration_hours":-1'),
        "duration_hours",
    ),
    post(
        "a line break at an id's end",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session("").replace(LOT.encode(), LOT.encode() + rb"\n"),
        "lot_id",
    ),
    post(
        "a header and a field of different keys",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(',"idempotency_key":"one"'),
        "Idempotency-Key",
        headers={**bearer(), **JSON, "Idempotency-Key": "two"},
    ),
    post(
        "a header beyond ASCII",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(""),
        "Idempotency-Key",
        headers={**bearer(), **JSON, "Idempotency-Key": "\xff"},
    ),
    post(
        "a header twice",
        400,
        "BAD_REQUEST",
        SESSIONS,
        session(""),
        "Idempotency-Key",
        headers=[*bearer().items(), *JSON.items(), ("Idempotency-Key", "one"), ("Idempotency-Key", "two")],
    ),
    post(
        "a required header missing",
        400,
        "BAD_REQUEST",
        "/api/v1/webhooks/stripe",
        b'{"id":"evt_1","object":"event","type":"x","created":1,"livemode":false,"data":{"object":{}}}',
        "Stripe-Signature",
        headers=JSON,
    ),
]

ACTION_FIELDS = [
    post("no action", 400, "BAD_REQUEST", ACTIONS, b"{}", "action"),
    post("an unknown action", 400, "BAD_REQUEST", ACTIONS, b'{"action":"fly"}', "action"),
    post(
        "an action of the wrong type", 400, "BAD_REQUEST", ACTIONS, b'{"action":["search_parking"]}', "action"
    ),
    post(
        "an action of other platforms",
        400,
        "BAD_REQUEST",
        ACTIONS,
        b'{"action":"extend_session","parameters":{}}',
        "action",
    ),
    post(
        "an action without parameters", 400, "BAD_REQUEST", ACTIONS, b'{"action":"get_rates"}', "parameters"
    ),
    post(
        "a parameter out of range",
        400,
        "BAD_REQUEST",
        ACTIONS,
        b'{"action":"search_parking","parameters":{"lat":91,"lng":1,"limit":0.5,"zz":1}}',
        "parameters.lat",
        "parameters.limit",
        "parameters.zz",
    ),
    post(
        "a parameter missing",
        400,
        "BAD_REQUEST",
        ACTIONS,
        b'{"action":"create_session","parameters":{"plate":"CO-7891"}}',
        "parameters.lot_id",
    ),
    post(
        "an unknown platform",
        400,
        "BAD_REQUEST",
        "/api/v1/agents/hal/actions",
        b'{"action":"search_parking","parameters":{}}',
        "platform",
    ),
]

CASES = [*PARAMETERS, *PLACES, *CREDENTIALS, *TYPES, *BODIES, *FIELDS, *ACTION_FIELDS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_request_is_refused_in_the_envelope(served: Site, case: Case) -> None:
    answer = served.send(case.method, case.target, case.headers, case.body)
    assert answer.status == case.status
    assert answer["Content-Type"] == "application/json"
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer["X-Request-Id"])
    assert all(f"X-RateLimit-{name}" in answer for name in ("Limit", "Remaining", "Reset"))
    if case.method == "HEAD":
        assert answer.body == b""
        return
    assert answer.error["code"] == case.code
    assert answer.error["request_id"] == answer["X-Request-Id"]
    if case.code == "BAD_REQUEST":
        assert sorted(answer.fields) == sorted(case.fields)
        assert answer.error["message"].startswith(f"{answer.fields[0].replace('(no name)', '')}: ")


def test_the_table_is_as_long_as_the_list_of_traps() -> None:
    assert len({case.name for case in CASES}) >= 90


@pytest.mark.parametrize("case", [case for case in CASES if case.status == 401], ids=lambda case: case.name)
def test_a_401_names_the_scheme(served: Site, case: Case) -> None:
    answer = served.send(case.method, case.target, case.headers, case.body)
    assert answer["WWW-Authenticate"].startswith('Bearer realm="park-graph"')


@pytest.mark.parametrize("case", [case for case in CASES if case.status == 405], ids=lambda case: case.name)
def test_a_405_lists_every_method(served: Site, case: Case) -> None:
    allowed = {ACTIONS: "OPTIONS, POST"}.get(case.target, "GET, HEAD, OPTIONS")
    assert served.send(case.method, case.target, case.headers, case.body)["Allow"] == allowed
