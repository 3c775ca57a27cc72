"""Whether agents may create paid sessions in a lot (the reference: "decide per-lot")."""

from datetime import UTC, datetime
from typing import Literal

AgentAccess = Literal["allowed", "blocked"]

ALLOWED_BY_DEFAULT_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""Lots created before this instant take no agents' sessions until their operator says so."""


def may_agents_book(access: AgentAccess | None, created_at: datetime) -> bool:
    """Tell whether agents may create sessions: as the operator chose, else by when the lot was created."""
    if access is None:
        return created_at >= ALLOWED_BY_DEFAULT_SINCE
    return access == "allowed"
