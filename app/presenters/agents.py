"""Agents, as the contract shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models import Agent
from app.presenters.instants import instant


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent, and when its key was last used."""

    agent: Agent
    last_used_at: datetime | None


def present(facts: AgentFacts) -> dict[str, Any]:
    """Return an agent in the contract's shape; what is not known is absent."""
    agent = facts.agent
    shown = {
        "id": str(agent.id),
        "name": agent.name,
        "platform": agent.platform,
        "api_key_id": agent.api_key_id and str(agent.api_key_id),
        "created_at": instant(agent.created_at),
        "last_used_at": facts.last_used_at and instant(facts.last_used_at),
    }
    return {name: value for name, value in shown.items() if value is not None}
