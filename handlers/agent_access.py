"""Agent access: whether agents may start sessions in a lot."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.agent_access import UNSET, present
from app.services import agent_access


def set_agent_access(
    user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Let agents into a lot, keep them out, or leave it to the lot's age."""
    chosen = body["agent_access"]
    answer = agent_access.choose(user, UUID(lot_id), None if chosen == UNSET else chosen, once=once)
    return {"agent_access": present(answer.value)}, 200, answers.headers(answer.replayed)
