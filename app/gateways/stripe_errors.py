"""Stripe's refusals in our words: declined, refused for good, or outcome unknown."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from app.domain.disputes import TAKEN_BACK
from app.domain.errors import BadGateway, Detail, ParkGraphError, PaymentRequired
from app.gateways import open_transactions
from app.gateways.card_payments import Overtaken, ProcessorRefused, ReplayedFailure
from app.gateways.deadline import DeadlineClient

log = logging.getLogger(__name__)

_FIELD = "payment_method"
_LOWEST_SERVER_ERROR = 500
_OVER_ALREADY = frozenset(
    {"payment_intent_unexpected_state", "charge_already_captured", "charge_expired_for_capture"}
)
_IN_THE_WAY = {
    "charge_disputed": TAKEN_BACK,
    "charge_already_refunded": "All of this session's money went back already.",
}
"""What the state of a payment does not allow, where the processor may know of it before we do."""
_UNKNOWN = (
    "The payment processor did not answer as it should. Try again with the same idempotency key:"
    " nothing is charged twice."
)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise domain errors for whatever the SDK raises in the block."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translated(error) from error


@contextmanager
def asking(transport: DeadlineClient) -> Iterator[None]:
    """Ask Stripe in the block: outside of any transaction, by one deadline, refused in our words."""
    open_transactions.refuse()
    with transport.running(), in_our_words():
        yield


def says_it_is_over(error: stripe.StripeError) -> bool:
    """Tell whether a refusal means that the PaymentIntent has left the state that the call is about."""
    return error.code in _OVER_ALREADY


def _translated(error: stripe.StripeError) -> ParkGraphError:
    if isinstance(error, stripe.CardError):
        return _payment_required(error.user_message or "The card was declined.")
    if isinstance(error, stripe.InvalidRequestError):
        return _refused(error)
    if isinstance(error, stripe.IdempotencyError | stripe.AuthenticationError | stripe.PermissionError):
        # Nobody who calls us can mend these: the operation's id or the server's secret is wrong.
        log.error("Stripe refused us: %s %s %s", type(error).__name__, error.code, error.request_id)
    if isinstance(error, stripe.IdempotencyError):
        # What is sent under this id has changed, by a new version of ours perhaps: it will never be taken.
        return ReplayedFailure(_UNKNOWN)
    if _is_replayed(error):
        return ReplayedFailure(_UNKNOWN)
    return BadGateway(_UNKNOWN)


def _refused(error: stripe.InvalidRequestError) -> ParkGraphError:
    if error.code in _IN_THE_WAY:
        return Overtaken.of("session_id", _IN_THE_WAY[error.code])
    if error.param == _FIELD:
        return _payment_required("There is no such payment method. Use one that the driver's device made.")
    log.error("Stripe refused a request: %s %s %s", error.code, error.param, error.request_id)
    return ProcessorRefused("The payment processor refused this for good; nothing was charged.")


def _payment_required(message: str) -> PaymentRequired:
    return PaymentRequired(message, details=[Detail(_FIELD, message)])


def _is_replayed(error: stripe.StripeError) -> bool:
    status = error.http_status or 0
    return status >= _LOWEST_SERVER_ERROR and "Idempotent-Replayed" in (error.headers or {})
