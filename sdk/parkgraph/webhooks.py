"""Webhooks: see that an event is from Park Graph, and read it (Standard Webhooks 1.0).

>>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
>>> headers = {
...     "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
...     "webhook-timestamp": "1614265330",
...     "webhook-signature": "v1,xQXdcXUjE7uVzvuzmVMrkQFoMpeozD9PXZSQPBwc+1s=",
... }
>>> body = b'{"type": "webhook.ping", "timestamp": "2021-02-25T15:02:10Z", "data": {}}'
>>> verify(body, headers, secret=secret, now=lambda: 1614265330).type
'webhook.ping'
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Final

from parkgraph.errors import ParkGraphError
from parkgraph.models.events import Event

__all__ = ["TOLERANCE_SECONDS", "WebhookRefused", "sign", "verify"]

TOLERANCE_SECONDS: Final = 300
"""How far a webhook's time may be from ours, either way; older ones are sent again by somebody else."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- it stands before secrets and is none
VERSION: Final = "v1"
_TIME: Final = re.compile(r"\d{1,12}", re.ASCII)
"""Seconds; more digits than a clock ever shows are no time, and a number that Python may not read."""


class WebhookRefused(ParkGraphError):
    """A webhook that is not from Park Graph, or too old. Answer it with 400, and believe nothing of it."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    *,
    secret: str,
    now: Callable[[], float] = time.time,
) -> Event:
    """Return the event of a webhook; raise WebhookRefused unless it was signed with the secret a moment ago.

    `body` is what came, byte by byte. An event may come twice: `Event.id` is the same then.
    """
    raw = _raw(body)
    given = {name.lower(): value for name, value in headers.items()}
    id_, sent_at = _header(given, "webhook-id"), _header(given, "webhook-timestamp")
    if not _TIME.fullmatch(sent_at):
        raise WebhookRefused("webhook-timestamp is no time.")
    if abs(now() - int(sent_at)) > TOLERANCE_SECONDS:
        raise WebhookRefused("The webhook is too old, or from the future.")
    wanted = sign(raw, id_=id_, sent_at=int(sent_at), secret=secret)
    signatures = _header(given, "webhook-signature").split(" ")
    if not any(hmac.compare_digest(wanted, each) for each in signatures):
        raise WebhookRefused("No signature is right: is this the webhook's secret, and the body as it came?")
    return _event(raw, id_)


def sign(body: bytes, *, id_: str, sent_at: int, secret: str) -> str:
    """Return the signature of a webhook; raise ValueError for what is no secret."""
    signed = f"{id_}.{sent_at}.".encode() + body
    return f"{VERSION},{base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()}"


def _key(secret: object) -> bytes:
    if not isinstance(secret, str):
        raise TypeError(f"secret takes a str, not {type(secret).__name__}.")
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise ValueError("A webhook's secret is whsec_ and Base64.") from None
    if not key:
        raise ValueError("A webhook's secret is not empty.")
    return key


def _raw(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode(errors="surrogatepass")
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise TypeError(f"Give the body as it came, a str or bytes, not {type(body).__name__}.")


def _header(headers: Mapping[str, str], name: str) -> str:
    if not headers.get(name):
        raise WebhookRefused(f"The webhook has no {name}.")
    if not headers[name].isascii():
        raise WebhookRefused(f"{name} has letters beyond ASCII.")
    return headers[name]


def _event(raw: bytes, id_: str) -> Event:
    try:
        return Event.from_json({**json.loads(raw), "id": id_})
    except (ValueError, TypeError) as error:
        raise WebhookRefused("The webhook is signed, but no event.") from error
