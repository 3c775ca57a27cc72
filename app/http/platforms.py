"""How agent platforms name the person and the conversation behind a call, where the call itself does not.

Whoever sends a call may make these names up: they are for budgets and traces, and give no rights.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.http.exchange import Headers

PERSON: Final = b"openai-ephemeral-user-id"
"""ChatGPT's Actions: another one each day."""
CONVERSATION: Final = b"openai-conversation-id"

_PERSONS: Final = (b"openai-safety-identifier", PERSON)
"""The first is OpenAI's header for whoever stands behind a program that calls its models."""
_CONVERSATIONS: Final = (b"conversation-id", CONVERSATION)
"""The first is the contract's own."""
_OF_MESSAGES: Final[Mapping[str, bytes]] = {"openai/subject": PERSON, "openai/session": CONVERSATION}
"""What ChatGPT says in the `_meta` of a message over MCP, and the header in which its Actions say it."""
_NAME: Final = re.compile(r"[!-~]{1,128}")


def persons(headers: Headers) -> list[str]:
    """Return the names of the person behind a call, the best first."""
    return _named(headers, _PERSONS)


def conversation(headers: Headers) -> str | None:
    """Return the name of the conversation that a call belongs to."""
    return next(iter(_named(headers, _CONVERSATIONS)), None)


def is_name(text: object) -> bool:
    """Tell whether a text may name a person or a conversation."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def headers_of(meta: Mapping[str, Any]) -> Headers:
    """Return what the `_meta` of a message names, as headers."""
    return [(header, meta[name].encode()) for name, header in _OF_MESSAGES.items() if is_name(meta.get(name))]


def _named(headers: Headers, names: tuple[bytes, ...]) -> list[str]:
    said = [value.decode("latin-1") for wanted in names for name, value in headers if name == wanted]
    return [text for text in said if is_name(text)]
