"""What the contract says of agent access."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parkgraph.model import Model

AgentAccess = Literal["allowed", "blocked", "unset"]
"""The operator's decision. While it is `unset`, agents are let into lots that were created on or after
2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older ones.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotAgentAccess(Model):
    """What the operator decided for one lot, and what follows from it."""

    lot_id: str
    """The lot's id."""
    agent_access: AgentAccess | str
    """The operator's decision. While it is `unset`, agents are let into lots that were created on or after
    2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older ones.
    """
    agent_bookable: bool
    """Whether agents may create sessions here."""
    created_at: datetime
    """When the lot was made, which decides while `agent_access` is `unset`."""
