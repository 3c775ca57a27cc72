"""Events are believed only when one of our secrets signed them just now."""

import json
import time as real_time
from typing import Any

import pytest
import stripe

from app.domain.errors import BadRequest
from app.gateways import stripe_events
from app.gateways.card_payments import Event

OLD, NEW = "whsec_old", "whsec_new"

EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "livemode": True,
    "account": "acct_1",
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def sign(raw: bytes, secret: str = NEW, *, age: int = 0) -> str:
    moment = int(real_time.time()) - age
    return str(stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, moment))


def verify(raw: bytes, signature: str) -> Event:
    return stripe_events.verify(raw, signature, secrets=(OLD, NEW))


def written(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_a_secret_is_replaced_both_are_good(secret: str) -> None:
    raw = written()
    assert verify(raw, sign(raw, secret)) == Event(
        id="evt_1",
        type="payment_intent.succeeded",
        subject_id="pi_1",
        payment_intent_id="pi_1",
        livemode=True,
        account="acct_1",
    )


@pytest.mark.parametrize(
    ("subject", "intent"),
    [
        ({"id": "ch_1", "object": "charge", "payment_intent": "pi_2"}, "pi_2"),
        ({"id": "re_1", "object": "refund", "payment_intent": None}, None),
        ({"id": "acct_1", "object": "account"}, None),
    ],
)
def test_an_event_is_about_the_payment_intent_that_its_subject_names(
    subject: dict[str, Any], intent: str | None
) -> None:
    raw = written(data={"object": subject})
    assert verify(raw, sign(raw)).payment_intent_id == intent


def test_a_signature_holds_for_five_minutes() -> None:
    raw = written()
    assert verify(raw, sign(raw, age=290)).id == "evt_1"
    with pytest.raises(BadRequest) as caught:
        verify(raw, sign(raw, age=301))
    assert [detail.field for detail in caught.value.details] == ["Stripe-Signature"]


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", "t=1", "v1=1", "t=,v1=", f"t={'9' * 5000},v1=00", "t=1,v1=ünïcode", "t=1,v0=aa"],
)
def test_a_malformed_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadRequest):
        verify(written(), signature)


def test_a_changed_body_is_refused() -> None:
    raw = written()
    with pytest.raises(BadRequest):
        verify(raw.replace(b"pi_1", b"pi_2"), sign(raw))


def test_a_strangers_signature_is_refused() -> None:
    raw = written()
    with pytest.raises(BadRequest):
        verify(raw, sign(raw, "whsec_of_somebody_else"))


def test_without_secrets_nothing_is_believed() -> None:
    raw = written()
    with pytest.raises(BadRequest):
        stripe_events.verify(raw, sign(raw), secrets=())


NO_EVENTS = [b"", b"null", b"[]", b"7", b"{}", b'{"id": "evt_1"}', b"{nonsense", b"[" * 100_000]
HOSTILE_IDS: list[Any] = ["", "evt\x00", "evt 1", "evt\n", "é", "e" * 101, 7, None]
NO_SUBJECTS: list[Any] = [None, {}, {"object": None}, {"object": "pi_1"}]


@pytest.mark.parametrize(
    "raw", [*NO_EVENTS, *(written(data=data) for data in NO_SUBJECTS)], ids=lambda raw: raw[-12:].decode()
)
def test_a_signed_body_that_is_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        verify(raw, sign(raw))
    assert [detail.field for detail in caught.value.details] == ["body"]


@pytest.mark.parametrize("field", ["id", "type"])
@pytest.mark.parametrize("value", HOSTILE_IDS)
def test_an_id_that_no_processor_gives_is_refused(field: str, value: object) -> None:
    raw = written(**{field: value})
    with pytest.raises(BadRequest):
        verify(raw, sign(raw))


@pytest.mark.parametrize("value", HOSTILE_IDS)
def test_a_subject_whose_id_no_processor_gives_is_nobodys(value: object) -> None:
    raw = written(data={"object": {"id": value, "payment_intent": value}}, account=value)
    event = verify(raw, sign(raw))
    assert (event.subject_id, event.payment_intent_id, event.account) == (None,) * 3


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        verify(b"\xff\xfe", "t=1,v1=aa")
    assert [detail.field for detail in caught.value.details] == ["body"]
