"""One call of an operation, before it is sent, and the answer to it as it came."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import httpx

from parkgraph.answers import Answer
from parkgraph.model import UNCHANGED, encode

T = TypeVar("T")

JSON: Final = "application/json"
ACCEPTED: Final = range(200, 300)
_SENDABLE: Final = re.compile("([!-~]([ -~]*[!-~])?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it came over the wire."""

    answer: Answer
    content: bytes
    idempotency_key: str | None = None
    """The key that the write was sent with, for whoever finds that the answer can't be read."""

    @classmethod
    def of(cls, response: httpx.Response, *, idempotency_key: str | None) -> "Reply":
        """Take over what httpx has read."""
        return cls(
            answer=Answer(status=response.status_code, headers=response.headers),
            content=response.content,
            idempotency_key=idempotency_key,
        )


Reading = Callable[[Reply], T]
"""How the body of an answer is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    path: str
    """The template: `/api/v1/lots/{lot_id}`."""
    answers: str = JSON
    """The media type of its answer."""
    takes_key: bool = False
    """Whether it takes an idempotency key, and may be repeated under it."""

    @property
    def only_reads(self) -> bool:
        """Tell whether it changes nothing, so that it may be repeated as it is."""
        return self.method == "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """What is asked of an operation, and how its answer is read."""

    operation: Operation
    read: Reading[T]
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            _judge(name.lower().replace("-", "_"), value)
        if self.idempotency_key is not None:
            _judge("idempotency_key", self.idempotency_key)

    @property
    def repeatable(self) -> bool:
        """Tell whether sending it twice does no more than sending it once."""
        return self.operation.only_reads or self.idempotency_key is not None

    def named(self, key: Callable[[], str]) -> "Call[T]":
        """Give the call an idempotency key, if its operation takes one and it has none."""
        if not self.operation.takes_key or self.idempotency_key is not None:
            return self
        return replace(self, idempotency_key=key())

    def at(self, cursor: str) -> "Call[T]":
        """Ask for another page of the same list."""
        unconditional = {name: value for name, value in self.headers.items() if name != "If-None-Match"}
        return replace(self, query={**self.query, "cursor": cursor}, headers=unconditional)


def call(
    operation: Operation,
    read: Reading[T],
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    headers: Mapping[str, str | None] | None = None,
    body: Mapping[str, object] | None = None,
    content: tuple[str | bytes, str] | None = None,
    idempotency_key: str | None = None,
) -> Call[T]:
    """Ask something of an operation.

    Left out is what is None in `query` and `headers`, and what is UNCHANGED in `body`. `content` is a body
    that is no JSON of ours, with its media type.
    """
    fields = {name: value for name, value in (headers or {}).items() if value is not None}
    raw = None
    if body is not None:
        content = (json.dumps(_sent(body)), JSON)
    if content is not None:
        text, fields["Content-Type"] = content
        raw = text.encode() if isinstance(text, str) else text
    return Call(
        operation=operation,
        read=read,
        path=_filled(operation.path, path or {}),
        query={name: _written(name, value) for name, value in (query or {}).items() if value is not None},
        headers=fields,
        content=raw,
        idempotency_key=idempotency_key,
    )


def optional(**values: object) -> dict[str, object]:
    """Leave out what was not given, which is None."""
    return {name: value for name, value in values.items() if value is not None}


def _sent(body: Mapping[str, object]) -> dict[str, Any]:
    return {name: _encoded(name, value) for name, value in body.items() if value is not UNCHANGED}


def _judge(name: str, value: object) -> None:
    """Refuse what no header holds by the name of its argument."""
    if not isinstance(value, str):
        raise TypeError(f"{name} takes a str, not {type(value).__name__}.")
    if not _SENDABLE.fullmatch(value):
        raise ValueError(f"{name} has letters beyond ASCII, line ends or spaces around it.")


def _filled(template: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} takes a str, not {type(value).__name__}.")
        if value in {"", ".", ".."}:
            raise ValueError(f"{name} names nothing: {value!r}")
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def _written(name: str, value: object) -> str:
    """Write a query parameter: booleans and instants as JSON has them."""
    written = _encoded(name, value)
    return written if isinstance(written, str) else json.dumps(written)


def _encoded(name: str, value: object) -> Any:
    """Return an argument as JSON knows it; refuse what JSON does not know by the name of the argument."""
    try:
        written = encode(value)
        json.dumps(written, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None
    return written
