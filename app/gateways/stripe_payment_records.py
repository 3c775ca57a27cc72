"""Stripe's records of refunds, over the real SDK."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import stripe

from app.gateways import open_transactions
from app.gateways.amounts import from_stripe
from app.gateways.deadline import DeadlineClient
from app.gateways.payment_records import RefundRecord
from app.gateways.stripe_card_payments import CAME_TO_NOTHING
from app.gateways.stripe_errors import in_our_words
from app.gateways.stripe_snapshots import mark_of

_PAGE = 100


class StripePaymentRecords:
    """Implement PaymentRecords for one Stripe account."""

    def __init__(self, client: stripe.StripeClient, transport: DeadlineClient) -> None:
        self._client = client
        self._transport = transport

    def refunds(self, payment_intent_id: str) -> Sequence[RefundRecord]:
        """Return every refund of a payment, newest first."""
        with self._asking():
            made = self._client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": _PAGE})
            return [_refund(refund) for refund in made.auto_paging_iter()]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        open_transactions.refuse()
        with self._transport.running(), in_our_words():
            yield


def _refund(refund: stripe.Refund) -> RefundRecord:
    return RefundRecord(
        id=refund.id,
        mark=mark_of(refund),
        amount=from_stripe(refund.amount, refund.currency),
        has_failed=refund.status in CAME_TO_NOTHING,
    )
