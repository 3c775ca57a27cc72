"""The server that the official package serves: eight tools, and a way to call them.

Tools and texts come from the contract. What a tool answers is what the HTTP API does; a refusal is a result,
too, with the same envelope, so that the model reads what to do about it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp import MCPError, types
from mcp.server import CacheHint, Server, ServerRequestContext

from app.contract import agent_plugin, tools
from app.contract.document import Contract
from app.mcp.calls import Answered

CallTool = Callable[["ServerRequestContext[Any, Any]", str, dict[str, Any]], Awaitable[Answered]]
"""Carries a call out, for the request that it came with, by the tool's name and its arguments."""

_LISTED_FOR_MS: Final = 300_000


def build(contract: Contract, call: CallTool) -> "Server[Any]":
    """Make a server of the contract's tools that carries calls out by `call`."""
    listed = [types.Tool.model_validate(tool) for tool in tools.project(contract, "mcp")]
    names = frozenset(tool.name for tool in listed)
    info = contract.document["info"]

    async def list_tools(_ctx: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=listed)

    async def call_tool(
        ctx: "ServerRequestContext[Any, Any]", params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in names:
            raise MCPError(code=types.INVALID_PARAMS, message=f"There is no tool {params.name[:64]}.")
        return _result(await call(ctx, params.name, params.arguments or {}))

    return Server(
        "park-graph",
        version=info["version"],
        title=info["title"],
        instructions=agent_plugin.instructions(contract),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        cache_hints={"tools/list": CacheHint(ttl_ms=_LISTED_FOR_MS, scope="public")},
    )


def _result(answered: Answered) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=answered.text)],
        structured_content=answered.body,
        is_error=answered.is_refusal,
    )
