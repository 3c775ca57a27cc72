"""What is remembered of one request, so that support finds it again by its id alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.callers import ActorType


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """One call that a request made to a service outside, with that service's own request id."""

    service: str
    request_id: str | None
    status: int | None
    duration_ms: float


@dataclass(slots=True)  # one is made for every request, and frozen it would take three times as long
class Trace:
    """Who asked for what, what came of it, and how long that took; never a secret, a plate or a card."""

    request_id: str
    at: datetime
    method: str
    path: str
    """Path segments that neither the contract nor an id explains are written as an ellipsis."""
    operation_id: str | None
    action: str | None
    agent_platform: str | None
    status: int
    error_code: str | None
    duration_ms: float
    actor_type: ActorType
    actor_id: str | None
    project_id: UUID | None
    operator_id: UUID | None
    end_user_id: str | None
    """The person behind an agent's call, as the agent or its platform names them."""
    conversation_id: str | None
    """The agent's conversation, as it or its platform names it."""
    ip: str
    position: tuple[float, float] | None
    """Latitude and longitude that were searched near, in degrees."""
    upstream: tuple[UpstreamCall, ...] = ()
    stack: str | None = None
    """Where a 500 came from: frames and exception types, without the exceptions' messages."""
