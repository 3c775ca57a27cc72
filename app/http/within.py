"""The way to a handler for a request that came within another one, as the call of a tool within a message.

It is asked all that the middlewares ask of a request, in their order and by the same code, as plain calls:
frameworks take about as long around a request as all that is asked of it. What only a request of its
own can be is not asked for: its body was read with the message, and nobody sent it preflights.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope

from app.domain.errors import NotFound
from app.http import security, validation
from app.http.bridge import Handlers
from app.http.errors import Errors
from app.http.exchange import Exchange
from app.http.identify import Identification
from app.http.limits import Till
from app.http.routing import Router
from app.http.validation import Check
from app.http.wsgi import WholeAnswer


@dataclass(frozen=True, slots=True)
class Within:
    """Everything between the edge and a handler, without ASGI."""

    router: Router
    identification: Identification
    till: Till
    checks: Mapping[str, Check]
    handlers: Handlers
    errors: Errors

    async def answer(self, exchange: Exchange, scope: Scope) -> WholeAnswer:
        """Answer a request, which `scope` gives the headers and the query of; never raise a refusal."""
        try:
            return await self._answered(exchange, scope)
        except Exception as error:  # whatever it is, it is answered as anywhere else
            refused = self.errors.answer(exchange, error)
            return WholeAnswer(refused.status, [], refused.body)

    async def _answered(self, exchange: Exchange, scope: Scope) -> WholeAnswer:
        self.router.route(exchange, scope)
        await self.identification.identify(exchange, scope["headers"])
        await self.till.charge(exchange, scope)
        if exchange.refusal is not None:
            raise exchange.refusal
        if exchange.operation is None:
            raise NotFound("There is no operation at this path.")
        security.permit(exchange, exchange.operation)
        validation.check(exchange, scope, self.checks)
        return await self.handlers.answer(exchange, exchange.operation)
