"""Stripe's records of refunds and disputes, over the real SDK."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import stripe

from app.domain.disputes import DisputeStatus
from app.gateways.amounts import from_stripe
from app.gateways.deadline import DeadlineClient
from app.gateways.payment_records import DisputeRecord, RefundRecord
from app.gateways.stripe_card_payments import CAME_TO_NOTHING
from app.gateways.stripe_errors import asking
from app.gateways.stripe_snapshots import mark_of

_PAGE = 100
_STATUSES: Mapping[str, DisputeStatus] = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "closed",
    "prevented": "closed",
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "lost": "lost",
}


class StripePaymentRecords:
    """Implement PaymentRecords for one Stripe account."""

    def __init__(self, client: stripe.StripeClient, transport: DeadlineClient) -> None:
        self._client = client
        self._transport = transport

    def refunds(self, payment_intent_id: str) -> Sequence[RefundRecord]:
        """Return every refund of a payment, newest first."""
        with asking(self._transport):
            made = self._client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": _PAGE})
            return [_refund(refund) for refund in made.auto_paging_iter()]

    def disputes(self, payment_intent_id: str) -> Sequence[DisputeRecord]:
        """Return every dispute of a payment, newest first."""
        with asking(self._transport):
            opened = self._client.v1.disputes.list({"payment_intent": payment_intent_id, "limit": _PAGE})
            return [_dispute(dispute) for dispute in opened.auto_paging_iter()]


def _refund(refund: stripe.Refund) -> RefundRecord:
    return RefundRecord(
        id=refund.id,
        mark=mark_of(refund),
        amount=from_stripe(refund.amount, refund.currency),
        has_failed=refund.status in CAME_TO_NOTHING,
    )


def _dispute(dispute: stripe.Dispute) -> DisputeRecord:
    return DisputeRecord(
        id=dispute.id,
        amount=from_stripe(dispute.amount, dispute.currency),
        reason=dispute.reason,
        # A word that Stripe adds later counts as money taken, until it says that it was not.
        status=_STATUSES.get(dispute.status, "open"),
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
    )
