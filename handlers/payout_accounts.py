"""Payout accounts: a link by which an operator opens its own."""

from typing import Any

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.payout_accounts import present
from app.services import payout_accounts


def create_payout_account_link(
    user: Caller, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Answer a link to the payment processor's forms."""
    answer = payout_accounts.link(user, country=body.get("country", "US"), once=once)
    return {"payout_account_link": present(answer.value)}, 201, answers.headers(answer.replayed)
