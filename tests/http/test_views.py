"""Handlers: what they may name, what they get, what they may return, and the promise of once."""

from dataclasses import replace
from typing import Any

import pytest

from app.contract.document import Response
from app.contract.load import SpecError
from app.http.exchange import Exchange
from app.http.views import Handler, compile_view
from tests.http.conftest import generous
from tests.http.site import JSON, LOT, SESSION, Site, bearer, contract, site

SESSIONS = "/api/v1/sessions"
HEALTH = "/api/v1/health"
CREATION = {"lot_id": LOT, "plate": "CO-7891"}
ACTIONS = "/api/v1/agents/openai/actions"


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ({"a": 1}, 200, b'{"a":1}'),
        (({"a": 1}, 202), 202, b'{"a":1}'),
        (({"a": 1}, 201, {"Location": "/x"}), 201, b'{"a":1}'),
        (({}, 200, {}), 200, b"{}"),
        (None, 204, b""),
        ((None, 204), 204, b""),
        ((None, 304, {"ETag": '"1"'}), 304, b""),
        ((None, 204, {"Idempotent-Replayed": "true"}), 204, b""),
    ],
)
def test_a_handler_returns_a_dict_a_pair_a_triple_or_nothing(returned: Any, status: int, body: bytes) -> None:
    with site(handlers={"getHealth": lambda: returned}, settings=generous()) as made:
        answer = made.get(HEALTH)
    assert (answer.status, answer.body) == (status, body)
    assert ("Content-Type" in answer) == (status not in (204, 304))
    for name, value in (returned[2] if isinstance(returned, tuple) and len(returned) == 3 else {}).items():
        assert answer[name] == value


@pytest.mark.parametrize(
    ("named", "returned", "media_type", "body"),
    [
        ("text/csv", "at,action\r\n", b"text/csv; charset=utf-8", b"at,action\r\n"),
        (
            "text/csv",
            ("é", 200, {"Content-Disposition": "attachment"}),
            b"text/csv; charset=utf-8",
            "é".encode(),
        ),
        ("application/geo+json", {"features": []}, b"application/geo+json", b'{"features":[]}'),
    ],
)
def test_an_answer_comes_in_the_media_type_that_the_contract_names(
    named: str, returned: Any, media_type: bytes, body: bytes
) -> None:
    operation = replace(contract().operations["getHealth"], responses={200: Response((named,), None, ())})
    answer = compile_view(operation, lambda: returned)(Exchange("GET", HEALTH, "192.0.2.1"))
    headers = dict(answer.headers)
    assert (answer.status, headers[b"content-type"], answer.body) == (200, media_type, body)
    assert headers[b"content-length"] == b"%d" % len(body)
    assert (b"content-disposition" in headers) == isinstance(returned, tuple)


def wants_too_much(color: str) -> None:
    """Name what no request has."""


def wants_anything(**_: Any) -> None:
    """Name nothing."""


def wants_what_may_be_missing(idempotency_key: str) -> None:
    """Require an optional parameter."""


@pytest.mark.parametrize("handler", [wants_too_much, wants_anything, wants_what_may_be_missing])
def test_a_handler_that_wants_what_a_request_may_not_have_stops_the_boot(handler: Handler) -> None:
    with pytest.raises(SpecError, match="createSession"):
        compile_view(contract().operations["createSession"], handler)


def test_an_application_that_does_not_start_says_why_at_once() -> None:
    with pytest.raises(SpecError, match="wants color"), site(handlers={"createSession": wants_too_much}):
        pytest.fail("It started all the same.")


def test_a_handler_may_leave_out_what_it_does_not_need() -> None:
    with site(handlers={"getSession": lambda session_id: {"id": session_id}}, settings=generous()) as made:
        assert made.get(f"{SESSIONS}/{SESSION}", bearer()).json == {"id": SESSION}


def test_a_handler_gets_the_bytes_that_were_signed() -> None:
    def receive_stripe_event(raw: bytes, stripe_signature: str) -> dict[str, Any]:
        return {"raw": raw.decode(), "signature": stripe_signature}

    facts = b'"id":"evt_1","object":"event","type":"a.b","created":1775863860,"livemode":false'
    event = b"{ %s, " % facts + b'"data":{"object":{}}}'
    with site(handlers={"receiveStripeEvent": receive_stripe_event}, settings=generous()) as made:
        answer = made.send("POST", "/api/v1/webhooks/stripe", {**JSON, "Stripe-Signature": "t=1"}, event)
    assert answer.json == {"raw": event.decode(), "signature": "t=1"}


def once(served: Site, body: Any, target: str = SESSIONS, **headers: str) -> Any:
    """Send a write and return what its handler was given as `once`."""
    sent = {**bearer(), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return served.post(target, body, sent).json["once"]


def test_without_an_idempotency_key_there_is_no_promise(served: Site) -> None:
    assert once(served, CREATION) is None


def test_the_key_may_stand_in_the_header_in_the_body_or_in_the_parameters(served: Site) -> None:
    action = {"action": "create_session", "parameters": CREATION | {"idempotency_key": "k"}}
    assert once(served, CREATION, Idempotency_Key="k")["key"] == "k"
    assert once(served, CREATION | {"idempotency_key": "k"})["key"] == "k"
    assert once(served, action, ACTIONS)["key"] == "k"
    assert once(served, CREATION | {"idempotency_key": "k"}, Idempotency_Key="k")["key"] == "k"


def test_the_fingerprint_is_of_method_path_and_body_without_the_key(served: Site) -> None:
    first = once(served, CREATION, Idempotency_Key="k")["fingerprint"]
    assert once(served, CREATION | {"idempotency_key": "other"})["fingerprint"] == first
    assert once(served, dict(reversed(CREATION.items())), Idempotency_Key="k")["fingerprint"] == first
    assert once(served, CREATION | {"plate": "CO-7892"}, Idempotency_Key="k")["fingerprint"] != first


def test_equal_numbers_have_one_fingerprint_where_an_integer_is_meant(served: Site) -> None:
    target = "/api/v1/sandbox/clock"
    whole = once(served, b'{"advance_seconds":60}', target, Idempotency_Key="k")
    assert once(served, b'{"advance_seconds":60.0}', target, Idempotency_Key="k") == whole


def test_another_path_has_another_fingerprint(served: Site) -> None:
    ending = {"session_code": "sess_abc123"}
    one = once(served, ending, f"{SESSIONS}/{SESSION}/end", Idempotency_Key="k")
    two = once(served, ending, f"{SESSIONS}/{LOT}/end", Idempotency_Key="k")
    assert one["fingerprint"] != two["fingerprint"]


def test_two_different_keys_are_refused(served: Site) -> None:
    action = {"action": "create_session", "parameters": CREATION | {"idempotency_key": "k"}}
    answer = served.post(ACTIONS, action, {**bearer(), "Idempotency-Key": "other"})
    assert (answer.status, answer.fields) == (400, ["Idempotency-Key"])
