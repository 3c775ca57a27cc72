"""Events as Stripe, or the embedded processor, sends them: signed, and trusted only then."""

import json
import re
from collections.abc import Sequence
from typing import Any

import stripe

from app.domain.errors import BadRequest
from app.gateways.card_payments import Event

TOLERANCE_SECONDS = 300
"""How old a signature may be; docs.stripe.com/webhooks/signature."""

TYPES = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "charge.captured",
    "charge.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "account.updated",
    "payout.failed",
)
"""What the processor is to tell us of; another type says nothing to us."""

_HEADER = "Stripe-Signature"
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def verify(raw: bytes, signature: str, *, secrets: Sequence[str]) -> Event:
    """Return the event in a request body; raise BadRequest if no secret signed it, or long ago.

    Several secrets are valid while one is being replaced.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadRequest.of("body", "The event is not UTF-8.") from None
    if not any(_is_signed(text, signature, secret) for secret in secrets):
        raise BadRequest.of(_HEADER, "The signature is missing, wrong, or older than five minutes.")
    return _event(text)


def _is_signed(text: str, signature: str, secret: str) -> bool:
    if not signature.isascii():
        return False  # the SDK's comparison raises TypeError for such
    try:
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE_SECONDS)
    except stripe.SignatureVerificationError:
        return False
    return True


def _event(text: str) -> Event:
    try:
        told = json.loads(text)
        subject = told["data"]["object"]
        return Event(
            id=_word(told["id"]),
            type=_word(told["type"]),
            subject_id=_word_or_none(subject.get("id")),
            payment_intent_id=_word_or_none(_payment_intent_of(subject)),
            livemode=bool(told["livemode"]),
            account=_word_or_none(told.get("account")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadRequest.of("body", "This is not an event of the payment processor.") from None


def _payment_intent_of(subject: dict[str, Any]) -> object:
    """Return the PaymentIntent that an event is, or is about."""
    return subject.get("id" if subject.get("object") == "payment_intent" else "payment_intent")


def _word(value: object) -> str:
    """Return an id or a name; raise ValueError for what could not be one, such as a line break."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError(f"{value!r} is no id.")
    return value


def _word_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
