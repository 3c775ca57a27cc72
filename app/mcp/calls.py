"""A tool's call as a request of the HTTP API, and what came of it.

With a key it is a call of the dispatcher, on the platform `mcp`. Without one it is the REST twin of a tool
that only reads, which anyone may call; the other tools then answer that a key is missing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import orjson

from app.contract.document import Contract
from app.contract.operations import FIRST_REFUSAL
from app.http.parameters import unfilled

PLATFORM: Final = "mcp"
_DISPATCHER: Final = f"/api/v1/agents/{PLATFORM}/actions"
_PREFIX: Final = "parameters."
_ODD: Final = "surrogatepass"
"""How letters are written that there are none of; the chain says what is wrong with them."""
_ID: Final = re.compile(r"[0-9A-Za-z-]+")
_NO_ID: Final = "-"
"""Stands in a path for what is no id; the answer names the argument."""


class Request(NamedTuple):
    """What to ask of the HTTP API."""

    method: str
    path: str
    query: str = ""
    body: dict[str, Any] | None = None

    @property
    def content(self) -> bytes:
        """Write the body in JSON, odd as it may be; who reads it says what is wrong with it."""
        return b"" if self.body is None else json.dumps(self.body).encode()


class Answered(NamedTuple):
    """What came of a call: what the API answers, or the envelope of its refusal."""

    text: str
    """In JSON."""
    is_refusal: bool

    @property
    def body(self) -> Mapping[str, Any]:
        """Read what it says."""
        read: dict[str, Any] = orjson.loads(self.text)
        return read


def request_of(contract: Contract, tool: str, arguments: Mapping[str, Any], *, has_key: bool) -> Request:
    """Return the request that a call of a tool is."""
    twin = contract.action(tool)
    if has_key or not (twin.method == "GET" and twin.security.allows_anonymous):
        return Request("POST", _DISPATCHER, body={"action": tool, "parameters": arguments})
    values = {name: _written(value) for name, value in arguments.items()}
    in_path = {parameter.name for parameter in twin.parameters_in("path")}
    places = {name: _placed(values[name]) if name in values else unfilled(name) for name in in_path}
    query = {name: value for name, value in values.items() if name not in in_path}
    return Request("GET", twin.path.format(**places), query=urlencode(query, errors=_ODD))


def answered(status: int, content: bytes) -> Answered:
    """Read an answer of the HTTP API."""
    if status < FIRST_REFUSAL:
        return Answered(content.decode(), is_refusal=False)
    body = orjson.loads(content)
    _name_arguments(body["error"])
    return _refused(body)


def answered_from_afar(status: int, content: bytes) -> Answered:
    """Read what came from where the HTTP API should be; raise ValueError for an answer that is not its."""
    if not _is_ours(status, orjson.loads(content)):
        raise ValueError("This is no answer of Park Graph.")
    return answered(status, content)


def refusal(code: str, message: str) -> Answered:
    """Say in the envelope what keeps a call from being made at all."""
    return _refused({"error": {"code": code, "message": message}})


def _is_ours(status: int, body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    error = body.get("error")
    known = isinstance(error, dict) and {str} == {type(error.get("code")), type(error.get("message"))}
    return known or status < FIRST_REFUSAL


def _refused(envelope: dict[str, Any]) -> Answered:
    return Answered(json.dumps(envelope, ensure_ascii=False), is_refusal=True)


def _name_arguments(error: dict[str, Any]) -> None:
    """Name the fields at fault as a tool's caller knows them, not as they stand in a dispatcher's request."""
    error["message"] = error["message"].removeprefix(_PREFIX)
    for detail in error.get("details", ()):
        detail["field"] = detail["field"].removeprefix(_PREFIX)


def _placed(value: str) -> str:
    return value if _ID.fullmatch(value) else _NO_ID


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
