"""Messages of JSON-RPC: which of them call a tool, and the answers to calls that are just as they should be.

The package serves every message. It spends most of its time on what a call does not need, though: a task and
two streams for each, and the list of all tools, written and searched for what none of ours declares. So a
call without anything unusual about it is checked by the package's own rules and answered here; what those
rules do not take, or what has more to it, is left to the package. What they say of a call is remembered for
others that are alike but for their arguments, of which they only ask that there be an object. A test compares
both ways.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson
from mcp import types
from mcp.shared import inbound
from mcp.types import methods, version
from pydantic import ValidationError

from app.http.exchange import Headers
from app.mcp.calls import Answered

CALL: Final = "tools/call"
STREAM: Final = "subscriptions/listen"

_JSON: Final = b"application/json"
_VERSION: Final = inbound.MCP_PROTOCOL_VERSION_HEADER.encode()
_METHOD: Final = inbound.MCP_METHOD_HEADER.encode()
_NAME: Final = inbound.MCP_NAME_HEADER.encode()
_ACCEPT: Final = b"accept"
_READ: Final = frozenset({_ACCEPT, _VERSION, _METHOD, _NAME})
_OF_ARGUMENTS: Final = inbound.MCP_PARAM_HEADER_PREFIX.lower().encode()
_FIELDS: Final = frozenset({"jsonrpc", "id", "method", "params"})
_LONGEST_REMEMBERED: Final = 1_024
"""Bytes of what is said of a call, up to which it is remembered whether the package takes that."""
_PARAMS: Final = frozenset({"name", "arguments", "_meta"})


class Call(NamedTuple):
    """A tool's call with nothing unusual about it."""

    id: str | int
    tool: str
    arguments: Mapping[str, Any]
    meta: Mapping[str, Any]
    """What else is said of it."""
    is_modern: bool
    """Whether it is of an era in which results say that they are complete, and by whom."""


def calls_one_of(tools: frozenset[str], sent: Any) -> bool:
    """Tell whether a message calls a tool that there is, as far as one sees at first sight."""
    params = sent.get("params") if isinstance(sent, dict) else None
    name = params.get("name") if isinstance(params, dict) else None
    return isinstance(name, str) and name in tools and sent.get("method") == CALL


def plain_call(sent: Mapping[str, Any], headers: Headers) -> Call | None:
    """Return the call that a message is, if it was found to call a tool and has nothing unusual about it."""
    number, params = sent.get("id"), sent["params"]
    arguments, meta = params.get("arguments", {}), params.get("_meta", {})
    is_whole = sent.keys() == _FIELDS and sent["jsonrpc"] == types.JSONRPC_VERSION
    if not (is_whole and params.keys() <= _PARAMS and isinstance(arguments, dict)):
        return None
    if not isinstance(meta, dict) or None in meta.values():
        return None  # some versions take null for what is not there, others do not
    if not isinstance(number, str | int) or isinstance(number, bool):
        return None
    read = _read(headers)
    spoken = None if read is None else _version(read)
    if read is None or spoken is None or not _is_taken(params, spoken, read):
        return None
    return Call(number, params["name"], arguments, meta, spoken in version.MODERN_PROTOCOL_VERSIONS)


def answer(call: Call, answered: Answered, *, server: Mapping[str, Any]) -> bytes:
    """Write the answer to a call; the modern era reads which `server` gave it."""
    result: dict[str, Any] = {
        "content": [{"type": "text", "text": answered.text}],
        "structuredContent": orjson.Fragment(answered.text),
        "isError": answered.is_refusal,
    }
    if call.is_modern:
        result |= {"resultType": "complete", "_meta": {types.SERVER_INFO_META_KEY: server}}
    return orjson.dumps({"jsonrpc": types.JSONRPC_VERSION, "id": call.id, "result": result})


def only(headers: Headers, name: bytes) -> bytes | None:
    """Return a header that is there once."""
    values = [value for each, value in headers if each == name]
    return values[0] if len(values) == 1 else None


def _read(headers: Headers) -> Mapping[bytes, bytes] | None:
    """Return the headers that say how to read a message, if there is nothing unusual among all of them."""
    read: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in read or name.startswith(_OF_ARGUMENTS):
            return None
        if name in _READ:
            read[name] = value
    return read


def _version(read: Mapping[bytes, bytes]) -> str | None:
    """Return the version that a message is in, if there is such a one and its sender takes JSON."""
    given = read.get(_VERSION)
    spoken = types.DEFAULT_NEGOTIATED_VERSION if given is None else given.decode("latin-1")
    is_known = spoken in version.KNOWN_PROTOCOL_VERSIONS
    return spoken if is_known and _takes_json(read.get(_ACCEPT, b"")) else None


@lru_cache(maxsize=128)
def _takes_json(accept: bytes) -> bool:
    return _JSON in (kind.partition(b";")[0].strip() for kind in accept.split(b","))


def _is_taken(params: Mapping[str, Any], spoken: str, read: Mapping[bytes, bytes]) -> bool:
    """Tell whether the package takes a call like this one: its arguments may be any object."""
    meta = orjson.dumps(params["_meta"]) if "_meta" in params else b""
    judge = _judged if len(meta) <= _LONGEST_REMEMBERED else _judged.__wrapped__
    return judge(params["name"], meta, spoken, tuple(read.items()))


@lru_cache(maxsize=256)
def _judged(name: str, meta: bytes, spoken: str, read: tuple[tuple[bytes, bytes], ...]) -> bool:
    params = {"name": name, "arguments": {}} | ({"_meta": orjson.loads(meta)} if meta else {})
    try:
        methods.validate_client_request(CALL, spoken, params)
    except ValidationError:
        return False
    is_modern = spoken in version.MODERN_PROTOCOL_VERSIONS
    return not is_modern or _is_routed({"method": CALL, "params": params}, read)


def _is_routed(sent: Mapping[str, Any], read: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether headers and message say the same, as the modern era demands."""
    given = {name.decode(): value.decode("latin-1") for name, value in read}
    return isinstance(inbound.classify_inbound_request(sent, headers=given), inbound.InboundModernRoute)
