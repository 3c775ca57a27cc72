"""Refunds: give money back, and list what was given back."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers, pages
from app.presenters.refunds import present
from app.services import refunds


def create_refund(
    user: Caller, session_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Give captured money back."""
    amount = body.get("amount")
    answer = refunds.create(
        user,
        UUID(session_id),
        amount=None if amount is None else Decimal(str(amount)),
        reason=body.get("reason", "requested_by_customer"),
        once=once,
    )
    return {"refund": present(answer.value)}, 201, answers.headers(answer.replayed)


def list_refunds(user: Caller, session_id: str, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
    """List a session's refunds, newest first."""
    page = refunds.page(user, UUID(session_id), limit=limit, cursor=None if cursor is None else UUID(cursor))
    return pages.present(page, present)
