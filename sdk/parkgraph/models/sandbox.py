"""What the contract says of sandbox."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.common import Plan

SandboxPlan = Literal["starter", "growth", "enterprise"]
"""The plan that the sandbox's operator is on. `starter` has no agent actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox(Model):
    """A sandbox just made. A replayed answer leaves the keys out."""

    project_id: str
    """The project's id."""
    api_key: str | None = field(default=None, repr=False)
    """The key itself, shown once."""
    operator_key: str | None = field(default=None, repr=False)
    """The key itself, shown once."""
    plan: Plan | str
    """The operator's plan. `starter` has no agent actions."""
    now: datetime
    """The time in the sandbox as it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Model):
    """The sandbox's time, and how far it runs ahead."""

    now: datetime
    """The time in the sandbox, after the move."""
    offset_seconds: int
    """How many seconds the sandbox runs ahead of real time."""
