"""Step 7a: what a key may do. Scopes and plans are checked for keys as for tokens, by one handler.

Connexion asks the handler of each alternative in turn and swallows a 403 if a later one, such as `{}`, lets
the request pass; `permit` therefore asks once more, and of calls within a message it alone.
"""

from collections.abc import Callable
from typing import Any, Final

from connexion.lifecycle import ConnexionRequest
from connexion.security import NO_VALUE
from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract.document import Operation
from app.domain.callers import KeyIdentity
from app.domain.errors import Forbidden, Unauthorized
from app.http.errors import SEND_A_KEY
from app.http.exchange import Exchange, exchange_of


class KeySecurity:
    """Connexion's security handler for every scheme of the contract."""

    def get_fn(
        self, _scheme: dict[str, Any], required_scopes: list[str]
    ) -> Callable[[ConnexionRequest], object]:
        """Return the check of one alternative; called once per operation, at start."""
        needed = frozenset(required_scopes)

        def verify(request: ConnexionRequest) -> object:
            exchange = exchange_of(request.scope)
            if exchange.identity is None or exchange.operation is None:
                return NO_VALUE
            if forbidden := refusal(exchange.identity, exchange.operation, needed):
                raise forbidden
            return {"sub": exchange.identity.actor.id}

        return verify


def refusal(identity: KeyIdentity, operation: Operation, needed: frozenset[str]) -> Forbidden | None:
    """Return why a key may not call an operation, or None if it may."""
    plan = identity.project.plan
    if not operation.open_to(plan):
        return Forbidden(f"The {plan} plan does not include {operation.id}. It needs {operation.plan_scope}.")
    if lacking := needed - identity.scopes:
        return Forbidden(f"This key lacks the scope {', '.join(sorted(lacking))}.")
    return None


def permit(exchange: Exchange, operation: Operation) -> None:
    """Raise Forbidden for a key that none of an operation's alternatives lets call, Unauthorized for none."""
    if exchange.identity is None:
        if operation.security.allows_anonymous:
            return
        raise Unauthorized(SEND_A_KEY)
    told = [refusal(exchange.identity, operation, needed) for needed in operation.security.alternatives]
    refusals = [each for each in told if each is not None]
    if refusals and len(refusals) == len(told):
        raise refusals[0]


SECURITY_MAP: Final = {"bearer": KeySecurity, "oauth2": KeySecurity}
"""What FlaskApp takes as `security_map`."""


class Permit:
    """Ask once more what a key may do, as a call within a message is asked: no 403 is swallowed here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = exchange_of(scope)
            if exchange.operation is not None:
                permit(exchange, exchange.operation)
        await self.app(scope, receive, send)
