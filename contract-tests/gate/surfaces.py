"""Every way in which an agent's calls reach the server, each taking a tool and its arguments.

A platform's call comes in the form in which its model makes it, read by the platform's own types; a program
hands it on to the platform's dispatcher, as docs/agents.md says.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx
import httpx2
from anthropic.types import ToolUseBlock
from google.genai.types import FunctionCall
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client
from openai.types.realtime import RealtimeConversationItemFunctionCall
from openai.types.responses import ResponseFunctionToolCall
from perplexity.types import FunctionCallOutputItem
from pydantic import BaseModel

from gate.client import Client
from gate.conversations import Surface
from gate.servers import WITHOUT_CERTIFICATES
from parkgraph import ParkGraph
from parkgraph.errors import Refused

Answered = tuple[bool, Mapping[str, Any]]
HandedOn = tuple[str, Mapping[str, Any]]

_OF_THEIR_OWN: Final = frozenset({"extend_session", "request_refund"})
"""Actions that ChatGPT has operations for instead."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The operations behind the actions, which Microsoft's Copilot calls as everybody else does."""

    client: Client
    key: str

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Send the action's REST twin its arguments where the contract wants them."""
        twin = self.client.contract.action(tool)
        in_path, in_query = ({each.name for each in twin.parameters_in(place)} for place in ("path", "query"))
        path = {name: value for name, value in arguments.items() if name in in_path}
        query = {name: value for name, value in arguments.items() if name in in_query}
        body = {name: value for name, value in arguments.items() if name not in in_path | in_query}
        answer = self.client.call(
            twin.id, key=self.key, path=path, query=query, json=body if twin.body_media_types else None
        )
        return answer.is_success, answer.json()


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """A dispatcher: a platform's, or ChatGPT's with the two operations that a custom GPT has beside it."""

    client: Client
    key: str
    platform: str | None = None

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Run the action."""
        if self.platform is None and tool in _OF_THEIR_OWN:
            return Rest(self.client, self.key).call(tool, arguments)
        answer = self.client.act(tool, key=self.key, platform=self.platform, **arguments)
        return answer.is_success, answer.json()


@dataclass(frozen=True, slots=True)
class Platform:
    """A model's call in its platform's form, handed on by a program to the platform's dispatcher."""

    dispatcher: Dispatcher
    made: Callable[[str, Mapping[str, Any]], dict[str, Any]]
    """Writes a call down as the platform sends it."""
    read: Callable[[dict[str, Any]], HandedOn]
    """Reads it by the platform's types, and returns tool and arguments."""

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Make the call, and hand it on."""
        name, given = self.read(self.made(tool, arguments))
        return self.dispatcher.call(name, given)


@dataclass(frozen=True, slots=True)
class Mcp:
    """The official client of MCP, in one of the protocol's eras."""

    url: str
    key: str
    mode: str

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Connect, and call the tool."""
        return asyncio.run(self._called(tool, arguments))

    async def _called(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        bearer = {"Authorization": f"Bearer {self.key}"}
        async with httpx2.AsyncClient(headers=bearer, verify=WITHOUT_CERTIFICATES) as http:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
            async with McpClient(transport, mode=self.mode) as client:
                result = await client.call_tool(tool, dict(arguments))
        assert result.structured_content is not None
        return not result.is_error, result.structured_content


@dataclass(frozen=True, slots=True)
class Library:
    """The official client library."""

    client: Client
    key: str

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Call the method of the action's REST twin, and return what the server answered it."""
        twin = self.client.contract.action(tool)
        answers: list[httpx.Response] = []
        hooks = {"response": [answers.append]}
        with httpx.Client(event_hooks=hooks, trust_env=False, verify=WITHOUT_CERTIFICATES) as http:
            park = ParkGraph(self.key, base_url=self.client.url, http=http)
            method = getattr(getattr(park, twin.module.rpartition(".")[2]), twin.function)
            try:
                method(**arguments)
            except Refused as refusal:
                assert refusal.code == answers[-1].json()["error"]["code"]
                return False, answers[-1].json()
        return True, answers[-1].json()


def _openai(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "function_call", "call_id": "c1", "name": tool, "arguments": json.dumps(arguments)}


def _perplexity(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return _openai(tool, arguments) | {"id": "fc1", "status": "completed"}


def _anthropic(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_1", "name": tool, "input": dict(arguments)}


def _gemini(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": tool, "args": dict(arguments)}


def _read_openai(kind: type[BaseModel], call: dict[str, Any]) -> HandedOn:
    """Read a call whose arguments are a text of JSON, by the type that a platform has for it."""
    read: Any = kind.model_validate(call)
    return read.name, json.loads(read.arguments)


def _read_anthropic(call: dict[str, Any]) -> HandedOn:
    read = ToolUseBlock.model_validate(call)
    return read.name, dict(read.input)


def _read_gemini(call: dict[str, Any]) -> HandedOn:
    read = FunctionCall.model_validate(call)
    assert read.name is not None
    return read.name, read.args or {}


_PLATFORMS: Final = {
    "responses": (_openai, partial(_read_openai, ResponseFunctionToolCall)),
    "xai": (_openai, partial(_read_openai, ResponseFunctionToolCall)),
    "realtime": (_openai, partial(_read_openai, RealtimeConversationItemFunctionCall)),
    "perplexity": (_perplexity, partial(_read_openai, FunctionCallOutputItem)),
    "anthropic": (_anthropic, _read_anthropic),
    "gemini": (_gemini, _read_gemini),
}
NAMES: Final = (
    "REST",
    "ChatGPT",
    "copilot's dispatcher",
    "MCP 2026-07-28",
    "MCP 2025-11-25",
    "the Python library",
    *_PLATFORMS,
)


def surface(name: str, client: Client, key: str) -> Surface:
    """Return a surface by its name, for the caller with a key."""
    if name in _PLATFORMS:
        made, read = _PLATFORMS[name]
        return Platform(Dispatcher(client, key, name), made, read)
    fixed: Mapping[str, Surface] = {
        "REST": Rest(client, key),
        "ChatGPT": Dispatcher(client, key),
        "copilot's dispatcher": Dispatcher(client, key, "copilot"),
        "MCP 2026-07-28": Mcp(client.url, key, "auto"),
        "MCP 2025-11-25": Mcp(client.url, key, "legacy"),
        "the Python library": Library(client, key),
    }
    return fixed[name]
