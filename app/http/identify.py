"""Step 4: who calls. A credential that is present has to be good, wherever the contract asks for one or not.

Connexion tries the alternatives of an operation one after the other, so that `{}` would let a bad key pass as
nobody. Therefore keys are resolved here, and Connexion's security handler only looks at what came of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import ParkGraphError, ServiceUnavailable, Unauthorized
from app.http.errors import CHALLENGE, SEND_A_KEY
from app.http.exchange import Credential, Exchange, Headers, exchange_of
from app.services.key_memory import KeyReading

LookUp = Callable[[str], KeyReading | None]
Resolved = tuple[KeyReading | None, str | None]
"""What a key stands for, and the number in Redis under which it was read; None if read for this request."""
Resolve = Callable[[str], Awaitable[Resolved]]


@dataclass(frozen=True, slots=True)
class Keys:
    """The two ways to learn what a key stands for, and how long that may be believed."""

    remembered: LookUp
    """Answers from memory, at once; None means: resolve it."""
    resolve: LookUp
    """Asks the database; None means that the key is not valid (any more)."""
    holds: Callable[[KeyReading], bool] = lambda _: True
    """Tells whether a reading may still be believed, as far as this machine knows."""
    heard: Callable[[str], None] = lambda _: None
    """Takes the number of revocations in Redis, when the limiter learnt it."""


_SEND_ONE_KEY: Final = "Send exactly one Authorization header, of the form Bearer pk_live_… or pk_test_…"
_BAD_KEY: Final = "This API key is not valid. It may be mistyped, rotated, deleted or expired."
_RETRY_SECONDS: Final = 5


class Identify:
    """Resolve the Authorization header of whatever is for programs; note a refusal, don't raise it yet."""

    def __init__(self, app: ASGIApp, *, identification: "Identification") -> None:
        self.app = app
        self._identification = identification

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = exchange_of(scope)
            if exchange.takes_keys:
                await self._identification.identify(exchange, scope["headers"])
        await self.app(scope, receive, send)


class Identification:
    """Finds out what the key of a request stands for."""

    def __init__(self, keys: Keys, *, threads: Executor) -> None:
        self._keys = keys
        self._threads = threads
        self._asking: dict[str, asyncio.Future[KeyReading | None]] = {}
        """By key, the look-up that is on its way: a crowd that comes after a reading ran out asks once."""

    async def identify(self, exchange: Exchange, headers: Headers) -> None:
        """Note who calls, or the refusal of a key that is not good or not there where one is needed."""
        given = [value for name, value in headers if name == b"authorization"]
        if not given:
            if exchange.operation is not None and not exchange.operation.security.allows_anonymous:
                exchange.refuse(Unauthorized(SEND_A_KEY))
            return
        try:
            token = _token(given)
        except Unauthorized as refusal:
            exchange.refuse_credential(refusal)
            return
        if (known := self._keys.remembered(token)) is None:
            await self._ask(exchange, token, self._together)
        else:
            self._believe(exchange, token, known, epoch=known.asked.epoch)

    def _believe(self, exchange: Exchange, token: str, reading: KeyReading, *, epoch: str | None) -> None:
        exchange.identity = reading.identity
        exchange.credential = Credential(
            holds=partial(self._keys.holds, reading),
            ask_again=partial(self._ask, exchange, token, self._alone),
            epoch=epoch,
        )

    async def _ask(self, exchange: Exchange, token: str, resolve: Resolve) -> None:
        """Ask the database for a key, whatever was known of it."""
        exchange.identity = exchange.credential = None
        try:
            reading, epoch = await _resolved(resolve, token)
            self._believe(exchange, token, reading, epoch=epoch)
        except ParkGraphError as refusal:
            exchange.refuse_credential(refusal)

    async def _together(self, token: str) -> Resolved:
        """Join who asks the database for the same key, unless a revocation came between, or ask it.

        A reading that was joined may be from before a revocation that only Redis knows of, so its number goes
        with it.
        """
        if (asking := self._asking.get(token)) is not None:
            reading = await asyncio.shield(asking)
            if reading is not None and self._keys.holds(reading):
                return reading, reading.asked.epoch
        return await self._alone(token)

    async def _alone(self, token: str) -> Resolved:
        loop = asyncio.get_running_loop()
        asking = loop.run_in_executor(self._threads, self._keys.resolve, token)
        self._asking[token] = asking
        try:
            return await asyncio.shield(asking), None
        finally:
            if self._asking.get(token) is asking:
                del self._asking[token]


async def _resolved(resolve: Resolve, token: str) -> tuple[KeyReading, str | None]:
    """Return what a key stands for; raise Unauthorized, or ServiceUnavailable where nobody knows."""
    try:
        reading, epoch = await resolve(token)
    except ParkGraphError:
        raise
    except Exception as error:
        message = "API keys can't be looked up at the moment."
        raise ServiceUnavailable(message, headers={"Retry-After": str(_RETRY_SECONDS)}) from error
    if reading is None:
        raise _refused(_BAD_KEY, error="invalid_token")
    return reading, epoch


def _token(given: list[bytes]) -> str:
    scheme, _, token = given[0].partition(b" ")
    token = token.strip()
    if len(given) > 1 or scheme.lower() != b"bearer" or not token or b" " in token:
        raise _refused(_SEND_ONE_KEY, error="invalid_request")
    return token.decode("latin-1")


def _refused(message: str, *, error: str) -> Unauthorized:
    """Refuse a credential, with the error code of RFC 6750 section 3.1."""
    return Unauthorized(message, headers={"WWW-Authenticate": f'{CHALLENGE}, error="{error}"'})
