"""Whether agents may start sessions in a lot, as the contract shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.agent_access import AgentAccess
from app.presenters.instants import instant

UNSET = "unset"
"""What stands for no choice: the contract never says null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAccessFacts:
    """What an operator chose for a lot, and whether agents can book it."""

    lot_id: UUID
    chosen: AgentAccess | None
    agent_bookable: bool
    created_at: datetime
    """What decides while nothing is chosen."""


def present(facts: AgentAccessFacts) -> dict[str, Any]:
    """Return the choice in the contract's shape."""
    return {
        "lot_id": str(facts.lot_id),
        "agent_access": facts.chosen or UNSET,
        "agent_bookable": facts.agent_bookable,
        "created_at": instant(facts.created_at),
    }
