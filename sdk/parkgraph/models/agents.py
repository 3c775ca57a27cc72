"""What the contract says of agents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.availability import CheckAvailabilityParameters
from parkgraph.models.lots import SearchParkingParameters
from parkgraph.models.rates import GetRatesParameters
from parkgraph.models.refunds import RequestRefundParameters
from parkgraph.models.sessions import (
    CreateSessionParameters,
    EndSessionParameters,
    ExtendSessionParameters,
    GetSessionParameters,
)

Platform = Literal["gemini", "xai", "perplexity", "copilot", "anthropic", "responses", "realtime", "mcp"]
"""An agent platform. `responses` and `realtime` are OpenAI's APIs, `mcp` any client of our MCP server."""


AgentPlatform = Literal[
    "openai", "gemini", "xai", "perplexity", "copilot", "anthropic", "responses", "realtime", "mcp"
]
"""The agent platform that a program runs on. `openai` is ChatGPT's Actions; `responses` and `realtime` are
OpenAI's APIs, `mcp` any client of our MCP server.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParkingAction(Model):
    """Find lots near a position or by address."""

    action: Literal["search_parking"] = "search_parking"
    """The action's name."""
    parameters: SearchParkingParameters
    """Where to look, and for what. Send `lat` and `lng`, or `address`; with neither, or with half a
    position, the answer is a 400 that names the missing field.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAvailabilityAction(Model):
    """Count the free spaces of a lot."""

    action: Literal["check_availability"] = "check_availability"
    """The action's name."""
    parameters: CheckAvailabilityParameters
    """Which lot to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatesAction(Model):
    """Read the rates of a lot."""

    action: Literal["get_rates"] = "get_rates"
    """The action's name."""
    parameters: GetRatesParameters
    """Which lot's rates to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSessionAction(Model):
    """Start a paid session for a plate."""

    action: Literal["create_session"] = "create_session"
    """The action's name."""
    parameters: CreateSessionParameters
    """Which lot, for which plate, and for how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSessionAction(Model):
    """Look up a session."""

    action: Literal["get_session"] = "get_session"
    """The action's name."""
    parameters: GetSessionParameters
    """Which session to look up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendSessionAction(Model):
    """Prolong a running session."""

    action: Literal["extend_session"] = "extend_session"
    """The action's name."""
    parameters: ExtendSessionParameters
    """Which session to prolong, and by how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefundAction(Model):
    """Give captured money back."""

    action: Literal["request_refund"] = "request_refund"
    """The action's name."""
    parameters: RequestRefundParameters
    """Which session's money to give back, how much of it, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionAction(Model):
    """End a session and capture its payment."""

    action: Literal["end_session"] = "end_session"
    """The action's name."""
    parameters: EndSessionParameters
    """Which session to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Model):
    """A program that acts for the project. Its key follows when the key is rotated."""

    id: str
    """The agent's id."""
    name: str
    """What people call the agent."""
    platform: AgentPlatform | str
    """The agent platform that a program runs on. `openai` is ChatGPT's Actions; `responses` and `realtime`
    are OpenAI's APIs, `mcp` any client of our MCP server.
    """
    api_key_id: str | None = None
    """The key's id, which is not the key."""
    created_at: datetime
    """When the agent was registered."""
    last_used_at: datetime | None = None
    """When the agent's key was last used, give or take a minute; absent until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage(Model):
    """One page of agents."""

    data: list[Agent]
    """The agents of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""
