"""Webhooks: what is believed, and what is not; judged beside the standard's own library."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from parkgraph.testing import signed
from parkgraph.webhooks import TOLERANCE_SECONDS, WebhookRefused, sign, verify

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of the kind").decode()
NOW = 1_775_863_800
BODY = (
    b'{"type": "lot.updated", "timestamp": "2026-04-10T23:30:00Z",'
    b' "data": {"lot": {"id": "1", "action": "lot.create"}}}'
)


def headers(**changes: str) -> dict[str, str]:
    signature = sign(BODY, id_="msg_1", sent_at=NOW, secret=SECRET)
    made = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signature}
    return made | {name.replace("_", "-"): value for name, value in changes.items()}


def read(body: bytes | str = BODY, *, now: float = NOW, secret: str = SECRET, **changes: str) -> Any:
    return verify(body, headers(**changes), secret=secret, now=lambda: now)


def test_an_event_is_read_with_its_id() -> None:
    event = read()
    assert (event.id, event.type, event.data.lot.action) == ("msg_1", "lot.updated", "lot.create")
    assert event.timestamp == datetime(2026, 4, 10, 23, 30, tzinfo=UTC)
    assert read(BODY.decode()) == event


def test_the_standards_own_library_signs_the_same() -> None:
    theirs = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert sign(BODY, id_="msg_1", sent_at=NOW, secret=SECRET) == theirs


def test_the_standards_own_library_believes_what_is_signed_for_tests() -> None:
    body, made = signed("webhook.ping", {"webhook_id": "1"}, secret=SECRET)
    assert Webhook(SECRET).verify(body, made)["type"] == "webhook.ping"
    assert verify(body, made, secret=SECRET).type == "webhook.ping"


def test_while_a_secret_is_rotated_either_signature_is_right() -> None:
    both = f"{sign(BODY, id_='msg_1', sent_at=NOW, secret=OTHER)} {headers()['webhook-signature']}"
    assert read(webhook_signature=both).id == "msg_1"
    assert read(webhook_signature=both, secret=OTHER).id == "msg_1"


def test_names_of_headers_may_be_written_in_any_case() -> None:
    shouting = {name.title(): value for name, value in headers().items()}
    assert verify(BODY, shouting, secret=SECRET, now=lambda: NOW).id == "msg_1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"webhook_id": "msg_2"}, "No signature is right"),
        ({"webhook_timestamp": str(NOW + 1)}, "No signature is right"),
        ({"webhook_signature": "v2,x"}, "No signature is right"),
        ({"webhook_signature": "v1,ü v2,x"}, "beyond ASCII"),
        ({"webhook_signature": "v1,\udcff"}, "beyond ASCII"),
        ({"webhook_id": "msg_\udcff"}, "beyond ASCII"),
        ({"webhook_id": "msg_ü"}, "beyond ASCII"),
        ({"webhook_signature": ""}, "no webhook-signature"),
        ({"webhook_id": ""}, "no webhook-id"),
        ({"webhook_timestamp": "yesterday"}, "is no time"),
        ({"webhook_timestamp": "-5"}, "is no time"),
        ({"webhook_timestamp": "²"}, "beyond ASCII"),
        ({"webhook_timestamp": f"{NOW}\n"}, "is no time"),
        ({"webhook_timestamp": "9" * 12}, "from the future"),
        ({"webhook_timestamp": "9" * 13}, "is no time"),
        ({"webhook_timestamp": "9" * 400}, "is no time"),
        ({"webhook_timestamp": "9" * 5_000}, "is no time"),
    ],
)
def test_whoever_did_not_sign_it_is_not_believed(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(WebhookRefused, match=sentence):
        read(**changes)


def test_another_body_or_another_secret_is_not_believed() -> None:
    with pytest.raises(WebhookRefused, match="No signature is right"):
        read(BODY + b" ")
    with pytest.raises(WebhookRefused, match="No signature is right"):
        read(secret=OTHER)
    with pytest.raises(WebhookRefused, match="No signature is right"):
        read("\udcff")


@pytest.mark.parametrize("late", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1])
def test_what_is_too_old_or_from_the_future_is_not_believed(late: int) -> None:
    assert read(now=NOW + late - (1 if late > 0 else -1)).id == "msg_1"
    with pytest.raises(WebhookRefused, match="too old"):
        read(now=NOW + late)


@pytest.mark.parametrize("body", [b"[]", b"7", b"no JSON", b"{}", b'{"type": "a"}'])
def test_what_is_signed_but_no_event_is_refused(body: bytes) -> None:
    signature = sign(body, id_="msg_1", sent_at=NOW, secret=SECRET)
    with pytest.raises(WebhookRefused, match="no event"):
        read(body, webhook_signature=signature)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_???", "", "whsec_ü"])
def test_what_is_no_secret_is_said_without_telling_it(secret: str) -> None:
    with pytest.raises(ValueError, match="A webhook's secret is") as caught:
        read(secret=secret)
    assert "?" not in str(caught.value)


@pytest.mark.parametrize("secret", [None, b"whsec_"])
def test_a_secret_that_did_not_come_is_said(secret: Any) -> None:
    with pytest.raises(TypeError, match=f"^secret takes a str, not {type(secret).__name__}"):
        read(secret=secret)


@pytest.mark.parametrize("body", [json.loads(BODY), None])
def test_what_was_read_as_json_is_no_body(body: Any) -> None:
    with pytest.raises(TypeError, match=r"^Give the body as it came, a str or bytes, not "):
        read(body)


def test_bytes_of_either_kind_are_a_body() -> None:
    body: Any = bytearray(BODY)
    assert read(body).id == "msg_1"


def test_an_event_of_tomorrow_is_read() -> None:
    body, made = signed("car.flew", {"height": 3}, secret=SECRET, now=lambda: NOW)
    assert json.loads(body)["timestamp"] == "2026-04-10T23:30:00Z"
    event = verify(body, made, secret=SECRET, now=lambda: NOW)
    assert (event.type, event.data.to_json()) == ("car.flew", {})
