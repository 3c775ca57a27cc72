"""What JSON has to be so that it is a message of JSON-RPC, before anybody asks what it wants.

The package would tell it in the words of its validator, and in the older era take a request whose id is none
for one that wants no answer.
"""

from typing import Any, Final

from jsonschema_rs import Draft202012Validator
from mcp import types
from pydantic import TypeAdapter, ValidationError

from app.domain.errors import BadRequest, Detail
from app.http.schemas import PlainBody

_MESSAGE: Final = PlainBody(
    Draft202012Validator(
        {
            "type": "object",
            "required": ["jsonrpc", "method"],
            "properties": {
                "jsonrpc": {"const": types.JSONRPC_VERSION},
                "id": {"type": ["string", "integer"]},
                "method": {"type": "string"},
                "params": {"type": ["object", "null"]},
            },
        }
    ),
    {},
)
_ANSWER: Final[TypeAdapter[Any]] = TypeAdapter(types.JSONRPCResponse | types.JSONRPCError)


class NoMessage(BadRequest):
    """The JSON is no message that a client sends."""


def refusal_of(sent: Any) -> NoMessage | None:
    """Say what keeps JSON from being a message, field by field; None where it is one."""
    problems = _MESSAGE.problems(sent)
    if not problems and isinstance(sent.get("id"), float):
        # The schema takes 1.0 for a whole number, the package does not.
        problems = [Detail("id", "must be a whole number or a text")]
    if not problems or _is_answer(sent):
        return None
    return NoMessage(f"{problems[0].field}: {problems[0].message}", details=problems)


def _is_answer(sent: Any) -> bool:
    """Tell whether a message answers one of ours: the older era lets clients send those."""
    try:
        _ANSWER.validate_python(sent, by_name=False)
    except ValidationError:
        return False
    return True
