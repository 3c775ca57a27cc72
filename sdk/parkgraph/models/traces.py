"""What the contract says of traces."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.common import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamCall(Model):
    """One call to a service that we stand on."""

    service: str
    """The service that was called."""
    request_id: str | None = None
    """The id that the service gave the call; absent when it did not answer."""
    status: int | None = None
    """The HTTP status that it answered; absent when it did not answer."""
    duration_ms: float
    """How long the call took, in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Model):
    """What one request was and did. What does not apply is absent."""

    request_id: str
    """The id of one request, given by us."""
    at: datetime
    """When the request came in."""
    method: str
    """The HTTP method."""
    path: str
    """The path of the operation as this document writes it, or the path asked for where none answered."""
    operation_id: str | None = None
    """The operation that answered."""
    action: str | None = None
    """The action that a dispatcher ran."""
    agent_platform: str | None = None
    """The agent platform that called."""
    status: int
    """The HTTP status of the answer."""
    error_code: ErrorCode | str | None = None
    """The code of the catalogue that disambiguates within an HTTP status."""
    duration_ms: float
    """How long the answer took, in milliseconds."""
    actor_type: Literal["api_key"] = "api_key"
    """The kind of caller; traces of others than keys belong to no operator, and are not shown."""
    actor_id: str
    """The id of the key that called, never the key."""
    project_id: str
    """The project's id."""
    operator_id: str
    """The operator's id."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""
    conversation_id: str | None = None
    """The conversation of an agent that a call belongs to, by the name that it or its platform has for it."""
    upstream: list[UpstreamCall]
    """The calls that the request made."""
    stack: list[str] | None = None
    """Where an unexpected failure happened, line by line."""
