"""One request and its answer, as the chain learns about them step by step."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from starlette.types import Scope

from app.contract.document import Operation
from app.domain import clock, ids
from app.domain.callers import KeyIdentity
from app.domain.errors import MethodNotAllowed, NotFound, ParkGraphError
from app.http.token_bucket import Verdict

EXTENSION: Final = "park_graph"
"""Where the exchange hangs in the ASGI scope's `extensions`, beside Connexion's own entries."""

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """A response that is ready before any handler runs: to OPTIONS."""

    status: int
    headers: Headers


class Credential(NamedTuple):
    """The key of a request: how good the reading of it is, and how to ask the database instead."""

    holds: Callable[[], bool]
    """Tells whether what was read of it may still be believed, as far as this machine knows."""
    ask_again: Callable[[], Awaitable[None]]
    epoch: str | None = None
    """The number of revocations in Redis under which it was read; None if it was read for this request."""


@dataclass(slots=True)
class Exchange:
    """Everything known of one request; each step of the chain fills in its own fields."""

    method: str
    path: str
    ip: str
    request_id: str = field(default_factory=ids.request_id)
    at: datetime = field(default_factory=clock.now)
    started: float = field(default_factory=time.perf_counter)

    operation: Operation | None = None
    served: Operation | None = None
    """The operation that does the work: of a dispatcher's the one that its action names."""
    path_values: Mapping[str, str] = field(default_factory=dict)
    is_page: bool = False
    """Whether people read the answer: a refusal is then HTML instead of the envelope."""
    is_published: bool = False
    """Whether it asks for a published form: open to everyone, keys or not."""
    any_origin: bool = False
    """Whether scripts of any web site may read the answer."""
    answer: Answer | None = None
    refusal: ParkGraphError | None = None
    """What is wrong, found before the limiter charged for it; the guard raises it."""

    identity: KeyIdentity | None = None
    credential: Credential | None = None

    raw: bytes = b""
    media_type: str = ""
    """What its body was announced as, where there is one."""
    body: Any = None
    """Its JSON; a call within a message brings it along, read with the message."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """Path, query and header parameters, checked and typed, by the name that handlers take them under."""

    platform: str | None = None
    """The agent platform that it came from, where that is not said by the dispatcher that it goes to."""
    end_user_id: str | None = None
    conversation_id: str | None = None
    verdict: Verdict | None = None
    status: int = 0
    outcome: int | None = None
    """The status of what came of it, where that of the answer only says that there is one."""
    is_answered: bool = False
    """Whether the whole answer was handed to the server."""
    client_left: bool = False
    error_code: str | None = None
    stack: str | None = None

    @property
    def takes_keys(self) -> bool:
        """Tell whether the request is for programs, so that its Authorization header counts."""
        return self.answer is None and not self.is_page and not self.is_published

    @property
    def has_body(self) -> bool:
        """Tell whether there is a body, be it `null`."""
        return self.body is not None or bool(self.raw)

    @property
    def takes_body(self) -> bool:
        """Tell whether a body is worth reading."""
        if self.refusal is not None or self.answer is not None:
            return False
        if self.operation is not None:
            return bool(self.operation.body_media_types)
        return self.method not in {"GET", "HEAD"}

    def refuse(self, refusal: ParkGraphError) -> None:
        """Store a refusal, unless an earlier step found one."""
        self.refusal = self.refusal or refusal

    def refuse_credential(self, refusal: ParkGraphError) -> None:
        """Store the refusal of a credential; it goes before a 404 or 405: a bad key learns nothing."""
        if self.refusal is None or isinstance(self.refusal, (NotFound, MethodNotAllowed)):
            self.refusal = refusal

    @property
    def action(self) -> str | None:
        """Return the action that a dispatcher was asked for, valid or not."""
        if self.operation is None or not self.operation.dispatches or not isinstance(self.body, dict):
            return None
        action = self.body.get("action")
        return action if isinstance(action, str) else None


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange that the edge hung into the scope."""
    exchange: Exchange = scope["extensions"][EXTENSION]
    return exchange
