"""Step 3: where a request leads. What leads nowhere is noted, not raised: it has to pay first."""

from dataclasses import dataclass
from typing import Final

from connexion.middleware.abstract import ROUTING_CONTEXT
from flask import Flask
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WerkzeugMethodNotAllowed
from werkzeug.routing import Rule

from app.contract.document import Operation
from app.domain.errors import MethodNotAllowed, NotFound
from app.http import cors
from app.http.exchange import Answer, Exchange, exchange_of
from app.http.routes import Place, Routes, allow, is_unwanted

_NO_OPERATION: Final = {"api_base_path": None, "operation_id": None}


class Routing:
    """Find the operation or the page, or note a 404, a 405 or the answer to OPTIONS."""

    def __init__(self, app: ASGIApp, *, router: "Router") -> None:
        self.app = app
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = exchange_of(scope)
        self._router.route(exchange, scope)
        operation = exchange.operation
        scope["extensions"][ROUTING_CONTEXT] = (
            {"api_base_path": "", "operation_id": operation.id} if operation else _NO_OPERATION
        )
        if exchange.method == "HEAD":  # runs as GET; the edge drops the body
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Router:
    """Everything that a path may lead to."""

    routes: Routes
    site: "Site"

    def route(self, exchange: Exchange, scope: Scope) -> None:
        """Find the operation or the page, or note what is answered instead."""
        if is_unwanted(exchange.path):
            exchange.refuse(_nothing_here())
        elif found := self.routes.find(exchange.path):
            exchange.path_values = found.values
            _enter(exchange, found.place, scope)
        else:
            self.site.enter(exchange, scope)


def _enter(exchange: Exchange, place: Place, scope: Scope) -> None:
    operation = place.operations.get(exchange.method)
    if operation is not None:
        exchange.operation = operation
        exchange.any_origin = is_public_read(operation)
    elif exchange.method == "OPTIONS":
        read = place.operations.get("GET")
        exchange.any_origin = read is not None and is_public_read(read)
        exchange.answer = _options(place.allow, scope, any_origin=exchange.any_origin)
    else:
        exchange.refuse(_wrong_method(exchange.method, place.allow))


def is_public_read(operation: Operation) -> bool:
    """Tell whether anyone may call an operation that changes nothing."""
    return operation.method == "GET" and operation.security.allows_anonymous


@dataclass(frozen=True, slots=True)
class Site:
    """What Flask serves beside the contract: pages, and published forms, which any origin may read."""

    flask: Flask
    published: frozenset[str]
    """Paths of the published forms."""

    def is_page(self, path: str) -> bool:
        """Tell whether people read what is at a path; the API and published forms are for programs."""
        is_api = path == "/api" or path.startswith("/api/") or not path.startswith("/")
        return not (is_api or path in self.published)

    def enter(self, exchange: Exchange, scope: Scope) -> None:
        """Find Flask's route, or note a 404, a 405 or the answer to OPTIONS."""
        exchange.any_origin = exchange.path in self.published
        method = "GET" if exchange.method == "OPTIONS" else exchange.method
        try:
            rule, _ = self.flask.url_map.bind("").match(exchange.path, method, return_rule=True)
        except WerkzeugMethodNotAllowed as error:
            self._other_method(exchange, scope, set(error.valid_methods or ()))
        except HTTPException:  # nothing there, or a redirect to a path with another slash
            exchange.refuse(_nothing_here())
        else:
            self._found(exchange, scope, rule)

    def _found(self, exchange: Exchange, scope: Scope, rule: Rule) -> None:
        if hasattr(self.flask.view_functions[rule.endpoint], "operation_id"):
            exchange.refuse(_nothing_here())  # an operation's view, reached by a path that the contract lacks
        elif exchange.method == "OPTIONS":
            self._other_method(exchange, scope, rule.methods or set())

    def _other_method(self, exchange: Exchange, scope: Scope, methods: set[str]) -> None:
        allowed = allow(methods)
        if exchange.method == "OPTIONS":
            exchange.answer = _options(allowed, scope, any_origin=exchange.any_origin)
        else:
            exchange.refuse(_wrong_method(exchange.method, allowed))


def _options(allowed: str, scope: Scope, *, any_origin: bool) -> Answer:
    headers = [(b"allow", allowed.encode())]
    if any_origin and cors.is_preflight(scope["headers"]):
        headers += cors.PREFLIGHT_HEADERS
    return Answer(204, headers)


def _nothing_here() -> NotFound:
    return NotFound("There is nothing at this path.")


def _wrong_method(method: str, allowed: str) -> MethodNotAllowed:
    message = f"This path does not take {method[:20]}; it takes {allowed}."
    return MethodNotAllowed(message, headers={"Allow": allowed})
