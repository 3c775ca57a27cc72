"""What the contract says of audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from parkgraph.model import Model
from parkgraph.models.agents import AgentPlatform

ActorType = Literal["anonymous", "api_key", "driver", "operator_cli", "stripe", "worker"]
"""The kind of caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditActor(Model):
    """Who did it."""

    type: ActorType | str
    """The kind of caller."""
    id: str | None = None
    """The caller's id, a key's for example, never the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSubject(Model):
    """What it was done to."""

    type: str
    """The kind of thing."""
    id: str
    """Which of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Model):
    """Who did what. What does not apply is absent; people stand here by their ids only."""

    id: str
    """The entry's id."""
    at: datetime
    """When it was done."""
    actor: AuditActor
    """Who did it."""
    action: str
    """What was done; an agent's call has the name of its action."""
    agent_platform: AgentPlatform | str | None = None
    """The agent platform that a program runs on. `openai` is ChatGPT's Actions; `responses` and `realtime`
    are OpenAI's APIs, `mcp` any client of our MCP server.
    """
    subject: AuditSubject | None = None
    """What it was done to."""
    lot_id: str | None = None
    """The lot's id."""
    diff: dict[str, Any]
    """What it changed, or how an agent's call ended."""
    project_id: str | None = None
    """The project's id."""
    request_id: str
    """The id of one request, given by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(Model):
    """One page of the audit log, newest first."""

    data: list[AuditEntry]
    """The entries of this page."""
    next_cursor: str | None = None
    """Where a page of a list by time ends. Pass it back as it is."""
