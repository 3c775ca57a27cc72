"""Disputes: a card's bank takes captured money back, or asks what it was for, and is answered with evidence.

As in Stripe's test mode, the text of the evidence decides (docs.stripe.com/testing#disputes).
"""

from stripe_sandbox import cards, events, ids, lists, metadata
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Refusal, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/disputes"
_FILTERS = frozenset({"charge", "payment_intent"})
_DAYS_TO_ANSWER = 9 * 24 * 3600
_OPENED_AS = {cards.DISPUTED: "needs_response", cards.INQUIRED: "warning_needs_response"}
_ENDINGS = {
    ("needs_response", "winning_evidence"): "won",
    ("needs_response", "losing_evidence"): "lost",
    ("warning_needs_response", "winning_evidence"): "warning_closed",
}
_WITHDRAWN = ("needs_response", "under_review", "lost")
"""Where the money of a dispute is with the bank."""


def open_if_due(world: World, charge: Thing) -> None:
    """Dispute what was captured just now, if it was taken from a card whose holder does that."""
    method = world.get("payment_method", charge["payment_method"])
    status = _OPENED_AS.get(method["_behaviour"])
    if status is None:
        return
    dispute = world.save(_dispute(world, charge, status=status))
    charge["disputed"] = True
    world.save(charge)
    events.record(world, "charge.dispute.created", dispute)
    if status in _WITHDRAWN:
        events.record(world, "charge.dispute.funds_withdrawn", dispute)


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a dispute."""
    return world.get("dispute", identifier, param="dispute")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of disputes, all or those of a payment."""
    having = {name: value for name, value in asked.items() if name in _FILTERS}
    return lists.page(world, "dispute", asked, url=_URL, having=having)


def update(world: World, asked: Asked, identifier: str) -> Thing:
    """Take evidence; the bank decides at once by its text."""
    dispute = _open_one(world, identifier)
    dispute["metadata"] = metadata.merged(dispute["metadata"], asked)
    dispute["evidence"] |= asked.get("evidence", {})
    events.record(world, "charge.dispute.updated", world.save(dispute))
    decided = _ENDINGS.get((dispute["status"], dispute["evidence"].get("uncategorized_text", "")))
    if decided is None or not asked.get("submit", True):
        return dispute
    return _end(world, dispute, status=decided)


def close(world: World, _asked: Asked, identifier: str) -> Thing:
    """Give a dispute up."""
    return _end(world, _open_one(world, identifier), status="lost")


def refuse_refund_of(world: World, charge: Thing) -> None:
    """Refuse to refund what the bank has taken back already."""
    if withdrawn(world, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refusal(message, code="charge_disputed")


def withdrawn(world: World, charge: Thing) -> int:
    """Return what a bank took back of a charge and has not returned."""
    of_charge = world.select("dispute", having={"charge": charge["id"]}) if charge["disputed"] else []
    return sum(dispute["amount"] for dispute in of_charge if dispute["status"] in _WITHDRAWN)


def _open_one(world: World, identifier: str) -> Thing:
    dispute = world.get("dispute", identifier, param="dispute")
    if dispute["status"] not in _OPENED_AS.values():
        raise Refusal("This dispute is already closed.")
    return dispute


def _end(world: World, dispute: Thing, *, status: str) -> Thing:
    was_withdrawn = dispute["status"] in _WITHDRAWN
    dispute |= {"status": status, "is_charge_refundable": status in ("won", "warning_closed")}
    events.record(world, "charge.dispute.closed", world.save(dispute))
    if was_withdrawn and status not in _WITHDRAWN:
        events.record(world, "charge.dispute.funds_reinstated", dispute)
    return dispute


def _dispute(world: World, charge: Thing, *, status: str) -> Thing:
    return {
        "id": ids.new("du"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": world.now + _DAYS_TO_ANSWER,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status not in _WITHDRAWN,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": status,
    }
