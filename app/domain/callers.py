"""Who acts: an API key, a driver with a receipt link, the worker, or nobody known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

ActorType = Literal["anonymous", "api_key", "driver", "operator_cli", "stripe", "worker"]
ProjectKind = Literal["live", "sandbox"]
Plan = Literal["starter", "growth", "enterprise"]

LIVE_WORLD = UUID(int=0)
"""The world that all live projects share; a sandbox project is a world of its own, named by its id."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as audit and traces write it down."""

    type: ActorType
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """The project behind a caller, as far as rules need it."""

    id: UUID
    operator_id: UUID
    kind: ProjectKind
    plan: Plan

    @property
    def world_id(self) -> UUID:
        """Return the world whose lots and sessions the project sees."""
        return self.id if self.kind == "sandbox" else LIVE_WORLD


@dataclass(frozen=True, slots=True)
class KeyIdentity:
    """What an API key stands for."""

    key_id: UUID
    project: ProjectRef
    scopes: frozenset[str]
    expires_at: datetime | None = None
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Raised budgets by name, in requests per minute."""
    end_user_budget: int | None = None
    """Requests per end user and minute, where the operator opted in."""
    actor: Actor = field(init=False, repr=False, compare=False)
    """Who the key is, as it is written down once for many requests."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "actor", Actor("api_key", str(self.key_id)))


class Caller(NamedTuple):
    """Who calls, with what rights, on which platform, in which request."""

    actor: Actor
    request_id: str
    project: ProjectRef | None = None
    scopes: frozenset[str] = frozenset()
    platform: str | None = None
    end_user_id: str | None = None
    address: str | None = None
    """Where the request came from; never stored as it is."""

    def may(self, scope: str) -> bool:
        """Tell whether the caller holds a scope."""
        return scope in self.scopes
