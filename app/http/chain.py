"""The chain: which middlewares a request passes, in which order, and what each of them is given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from connexion.apps.flask import FlaskApp
from connexion.exceptions import ProblemException
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.security import SecurityMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from connexion.resolver import Resolver
from flask import Flask
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from app.contract.document import Contract
from app.contract.load import Json
from app.contract.lower import lower
from app.http import farewell
from app.http.body import Body
from app.http.bridge import Bridge, Handlers, Pools, ResolveHandler
from app.http.compatibility import check_connexion, check_views
from app.http.door import Door
from app.http.edge import Edge
from app.http.errors import Errors
from app.http.exchange import Exchange
from app.http.guard import Guard
from app.http.identify import Identification, Identify, Keys
from app.http.limiter import Limiter, build_strategy
from app.http.limits import BudgetBook, RateLimit, Till
from app.http.observation import Observer, RecordAgentCall, RecordTrace
from app.http.protocol import STATE, ParserRefusals
from app.http.routes import Routes
from app.http.routing import Router, Routing, Site
from app.http.security import SECURITY_MAP, Permit
from app.http.token_bucket import TokenBucket
from app.http.validation import Check, Validation, compile_checks, validator_map
from app.http.within import Within
from app.settings import Settings

_KEY_THREADS: Final = 2
"""Threads that look keys up which are not remembered."""
_LOADED: Final = ("operationId", "tags", "security")
"""What Connexion's loader is told of an operation."""

Admit = Callable[[Exchange], Awaitable[None]]
"""Charges a request that is not passed on, and refuses it if its budget is used up."""


class Front(Protocol):
    """What stands before all steps but the edge, and answers some requests itself."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """Serve as long as the application runs."""

    def middleware(self, app: ASGIApp, *, admit: Admit, within: Within) -> ASGIApp:
        """Stand before the rest of the chain; requests that come within one go to `within`."""


RegisterPages = Callable[[Flask], frozenset[str]]
Background = Callable[[Door], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Everything that the chain is built from."""

    contract: Contract
    settings: Settings
    keys: Keys
    record_trace: RecordTrace
    record_agent_call: RecordAgentCall = lambda _: None
    resolve_handler: ResolveHandler
    register_pages: RegisterPages = lambda _: frozenset()
    """Puts pages on Flask and returns the paths of the published forms."""
    background: Background = lambda _: nullcontext()
    """What runs beside requests, from the server's start to its stop; it may knock at the server's door."""
    front: Front | None = None
    strategy: TokenBucket | None = None
    """Budgets' buckets; made for the settings' Redis, or this process, unless given."""


def build(chain: Chain) -> FlaskApp:
    """Build the application; nothing is connected to before it starts."""
    check_connexion()
    checks = compile_checks(chain.contract)
    middlewares: list[Any] = []
    app = FlaskApp(
        "app",
        middlewares=middlewares,
        lifespan=lambda _: _lifespan(chain, parts, app),
        server_args={"static_folder": None},
        resolver=Resolver(
            lambda operation_id: chain.resolve_handler(chain.contract.operations[operation_id])
        ),
        security_map=dict(SECURITY_MAP),
        validator_map=validator_map(checks),
    )
    app.app.url_map.merge_slashes = False
    parts = _Parts.of(chain, app.app, checks, published=chain.register_pages(app.app))
    middlewares += _middlewares(chain, parts)  # Connexion wraps them when it starts, not before
    app.add_api(_for_connexion(chain.contract), base_path="")
    for kind in (ProblemException, HTTPException, Exception):
        app.add_error_handler(kind, parts.within.errors.on_error)
    return app


def _for_connexion(contract: Contract) -> Json:
    """Lower the document for Connexion's loader, which at every start checks all that it is given.

    It is given what it loads operations and security from. Parameters, bodies and answers are read from the
    authored document; it would look for bodies at every request, too.
    """
    lowered = lower(contract.document)
    paths = {
        path: {method: _loaded(operation) for method, operation in item.items()}
        for path, item in lowered["paths"].items()
    }
    schemes = lowered["components"]["securitySchemes"]
    return {**lowered, "paths": paths, "components": {"securitySchemes": schemes}}


def _loaded(operation: Json) -> Json:
    kept: Json = {name: operation[name] for name in _LOADED if name in operation}
    return {**kept, "responses": {"default": {"description": "As the authored document says."}}}


@dataclass(frozen=True, slots=True)
class _Parts:
    """What several middlewares share."""

    flask: Flask
    within: Within
    """What every request is asked, which the middlewares ask of those of their own."""
    observer: Observer
    pools: Pools
    key_threads: ThreadPoolExecutor

    @classmethod
    def of(
        cls, chain: Chain, flask: Flask, checks: Mapping[str, Check], *, published: frozenset[str]
    ) -> "_Parts":
        """Make the parts."""
        settings, contract = chain.settings, chain.contract
        routes = Routes(contract.operations.values())
        pools = Pools(threads=settings.threads)
        key_threads = ThreadPoolExecutor(_KEY_THREADS, thread_name_prefix="keys")
        limiter = Limiter(
            chain.strategy or build_strategy(settings.redis_url),
            workers=settings.workers,
            heard=chain.keys.heard,
        )
        return cls(
            flask=flask,
            within=Within(
                router=Router(routes, Site(flask, published)),
                identification=Identification(chain.keys, threads=key_threads),
                till=Till(limiter, BudgetBook(contract, overrides=settings.budgets)),
                checks=checks,
                handlers=Handlers(pools, contract=contract, resolve_handler=chain.resolve_handler),
                errors=Errors(contract),
            ),
            observer=Observer(
                chain.record_trace,
                words=routes.words | _words(flask),
                record_agent_call=chain.record_agent_call,
            ),
            pools=pools,
            key_threads=key_threads,
        )

    def close(self) -> None:
        """Finish what runs on the threads, and let go of them."""
        self.pools.close()
        self.key_threads.shutdown()
        self.within.till.limiter.close()


def _words(flask: Flask) -> frozenset[str]:
    """Return the fixed segments of Flask's own paths."""
    return frozenset(word for rule in flask.url_map.iter_rules() for word in rule.rule.split("/"))


def _middlewares(chain: Chain, parts: _Parts) -> list[Any]:
    """List the middlewares from the outermost to the innermost."""
    return [
        partial(
            Edge,
            errors=parts.within.errors,
            site=parts.within.router.site,
            observer=parts.observer,
            require_tls=chain.settings.require_tls,
            farewells=farewell.headers(chain.contract, public_url=chain.settings.public_url),
        ),
        *_front(chain, parts),
        partial(ServerErrorMiddleware, handler=parts.within.errors.on_error),
        ExceptionMiddleware,
        partial(Routing, router=parts.within.router),
        partial(Identify, identification=parts.within.identification),
        Body,
        partial(RateLimit, till=parts.within.till),
        partial(Guard, contract=chain.contract),
        SecurityMiddleware,
        Permit,
        Validation,
        LifespanMiddleware,
        partial(Bridge, handlers=parts.within.handlers),
    ]


def _front(chain: Chain, parts: _Parts) -> list[Any]:
    if chain.front is None:
        return []
    return [partial(chain.front.middleware, admit=parts.within.till.admit, within=parts.within)]


@asynccontextmanager
async def _lifespan(chain: Chain, parts: _Parts, app: ASGIApp) -> AsyncIterator[dict[str, object]]:
    """Run what runs beside requests, and give the protocol what it answers with."""
    check_views(parts.flask, chain.contract)
    refusals = ParserRefusals(
        errors=parts.within.errors,
        observer=parts.observer,
        limiter=parts.within.till.limiter,
        per_minute=parts.within.till.book.limits["pages"],
    )
    beside = chain.background(Door(app, asyncio.get_running_loop()))
    await asyncio.to_thread(beside.__enter__)
    try:
        async with chain.front.open() if chain.front else nullcontext():
            yield {STATE: refusals}
    finally:
        await asyncio.to_thread(beside.__exit__, None, None, None)
        await asyncio.to_thread(parts.close)
