"""What the contract says of projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parkgraph.model import UNCHANGED, Model, Unchanged
from parkgraph.models.common import Plan

SimulatedDriver = Literal["prompt", "absent"]
"""In a sandbox, whether a driver authorises an untouched hold after 30 s (`prompt`), or nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBudgets(Model):
    """Budgets to set for each of the project's keys; those left out stay as they are."""

    search: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    availability: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    rates: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    session_creation: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    session: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    agent: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    sandbox_agent: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    sandbox: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    operator: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""
    imports: int | Unchanged | None = UNCHANGED
    """Requests a minute, at most what was granted; None goes back to the usual figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBudgets(Model):
    """What the project chose for each of its keys; a key's own budget goes before it."""

    search: int | None = None
    """Requests a minute."""
    availability: int | None = None
    """Requests a minute."""
    rates: int | None = None
    """Requests a minute."""
    session_creation: int | None = None
    """Requests a minute."""
    session: int | None = None
    """Requests a minute."""
    agent: int | None = None
    """Requests a minute."""
    sandbox_agent: int | None = None
    """Requests a minute."""
    sandbox: int | None = None
    """Requests a minute."""
    operator: int | None = None
    """Requests a minute."""
    imports: int | None = None
    """Requests a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedBudgets(Model):
    """How far the project may set each budget. For more, write to developers@parkgraph.com."""

    search: int
    """Requests a minute."""
    availability: int
    """Requests a minute."""
    rates: int
    """Requests a minute."""
    session_creation: int
    """Requests a minute."""
    session: int
    """Requests a minute."""
    agent: int
    """Requests a minute."""
    sandbox_agent: int
    """Requests a minute."""
    sandbox: int
    """Requests a minute."""
    operator: int
    """Requests a minute."""
    imports: int
    """Requests a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Model):
    """What keys belong to. Without `end_user_budget` end users are not counted."""

    id: str
    """The project's id."""
    name: str
    """What people call the project."""
    kind: Literal["live", "sandbox"] | str
    """A sandbox is a world of its own, in which no money moves."""
    plan: Plan | str
    """The operator's plan. `starter` has no agent actions."""
    simulated_driver: SimulatedDriver | str | None = None
    """In a sandbox, whether a driver authorises an untouched hold after 30 s (`prompt`), or nobody does."""
    end_user_budget: int | None = None
    """Calls of agents for one end user and minute, where the project opted in."""
    budgets: OwnBudgets
    """What the project chose for each of its keys; a key's own budget goes before it."""
    granted_budgets: GrantedBudgets
    """How far the project may set each budget. For more, write to developers@parkgraph.com."""
    created_at: datetime
    """When the project was made."""
