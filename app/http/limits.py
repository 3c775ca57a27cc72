"""Step 6a: the budgets. Whoever calls pays one token of each that applies, refused and invalid calls too."""

import hashlib
import ipaddress
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract.document import Contract, Operation
from app.domain import budgets
from app.domain.budgets import Bucket
from app.domain.errors import RateLimited, Unauthorized, UpgradeRequired
from app.http.exchange import Exchange, Headers, exchange_of
from app.http.limiter import Limiter
from app.http.request import conversation_of, end_user_of
from app.http.token_bucket import Charge, Outdated, Verdict

_NO_OPERATION: Final = "pages"
"""The budget of pages, published forms, OPTIONS, and of whatever leads nowhere."""
_UNAUTHORIZED: Final = "failed_authentication"
_IPV6_SUBSCRIBER: Final = 64
"""Bits of an IPv6 address that one subscriber has; the rest is theirs to choose."""


class RateLimit:
    """Charge the request, and refuse it if a budget is used up; plaintext is told to use TLS all the same."""

    def __init__(self, app: ASGIApp, *, till: "Till") -> None:
        self.app = app
        self._till = till

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._till.charge(exchange_of(scope), scope)
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Till:
    """Where requests pay."""

    limiter: Limiter
    book: "BudgetBook"

    async def charge(self, exchange: Exchange, scope: Scope) -> None:
        """Charge a request for what it asks for, and note the refusal if a budget is used up."""
        exchange.served = self.book.served(exchange)
        exchange.end_user_id = end_user_of(exchange, scope)
        exchange.conversation_id = conversation_of(exchange, scope)
        exchange.verdict = verdict = await self._judged(exchange)
        if not verdict.admitted and not isinstance(exchange.refusal, UpgradeRequired):
            exchange.refusal = _used_up(verdict)

    async def admit(self, exchange: Exchange) -> None:
        """Charge a request that goes past the chain, and refuse it if its budget is used up."""
        exchange.verdict = verdict = await self.limiter.take(self.book.charges(exchange))
        if not verdict.admitted:
            exchange.refuse(_used_up(verdict))

    async def _judged(self, exchange: Exchange) -> Verdict:
        """Charge the request, and ask the database again for a key that may have been revoked since."""
        credential = exchange.credential
        if credential is None:
            return await self.limiter.take(self.book.charges(exchange))
        if credential.holds():
            with suppress(Outdated):
                return await self.limiter.take(self.book.charges(exchange), believed=credential.epoch)
        await credential.ask_again()
        return await self.limiter.take(self.book.charges(exchange))


class BudgetBook:
    """Which budgets a request pays from, and how much each of them holds in this installation."""

    def __init__(self, contract: Contract, *, overrides: Mapping[str, int]) -> None:
        self._contract = contract
        self.limits = {name: budget.limit for name, budget in contract.budgets.items()} | dict(overrides)

    def charges(self, exchange: Exchange) -> list[Charge]:
        """Return what the request pays: all of it or nothing."""
        operation = exchange.operation
        owed = budgets.applicable(
            budget=self._budget(exchange),
            catalogue=self.limits,
            key=exchange.identity,
            is_agent_call=operation is not None and operation.dispatches,
            end_user_id=exchange.end_user_id,
        )
        return [_charge(f"{bucket.name}:{_owner(bucket, exchange)}", bucket.limit) for bucket in owed]

    def served(self, exchange: Exchange) -> Operation | None:
        """Return the operation that does the work: of a dispatcher's the one that its action names."""
        if (action := exchange.action) is None:
            return exchange.operation
        return self._contract.actions.get(action, exchange.operation)

    def _budget(self, exchange: Exchange) -> str:
        if isinstance(exchange.refusal, Unauthorized):
            return _UNAUTHORIZED
        if exchange.operation is None:
            return _NO_OPERATION
        return self._contract.budget_of(exchange.operation, action=exchange.action).name


@lru_cache(maxsize=4096)
def _charge(bucket: str, limit: int) -> Charge:
    return Charge(bucket, limit)


def _owner(bucket: Bucket, exchange: Exchange) -> str:
    if bucket.scope == "ip" or exchange.identity is None:
        return subscriber(exchange.ip)
    if bucket.scope == "key":
        return str(exchange.identity.actor.id)
    end_user = hashlib.sha256((exchange.end_user_id or "").encode()).hexdigest()[:32]
    return f"{exchange.identity.actor.id}:{end_user}"


@lru_cache(maxsize=4096)
def subscriber(ip: str) -> str:
    """Return what is counted of an address: an IPv4 one as it is, of an IPv6 one its /64."""
    if ":" not in ip:
        return ip
    try:
        address = ipaddress.IPv6Address(ip.partition("%")[0])
    except ValueError:
        return ip
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _IPV6_SUBSCRIBER), strict=False))


def headers_of(verdict: Verdict) -> Headers:
    """Write the rate headers: they tell of the budget with least left."""
    return [
        (b"x-ratelimit-limit", b"%d" % verdict.limit),
        (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(time.time() + verdict.full_in)),
    ]


def _used_up(verdict: Verdict) -> RateLimited:
    seconds = max(1, math.ceil(verdict.retry_after))
    name = verdict.bucket.partition(":")[0]
    wait = f"{seconds} second{'s' if seconds > 1 else ''}"
    message = f"The budget {name} of {verdict.limit} requests a minute is used up. Retry in {wait}."
    return RateLimited(message, headers={"Retry-After": str(seconds)})
