"""Every call of a dispatcher, taken or refused, as the operator's audit log shows it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from app.http.exchange import Exchange
from app.http.request import caller_of
from app.services.audit import AgentCall, Subject

UNKNOWN_ACTION: Final = "unknown"
_SUBJECTS: Final[Mapping[str, str]] = {"session_id": "session", "lot_id": "lot"}


def agent_call_of(exchange: Exchange) -> AgentCall | None:
    """Return the call of an agent's action that a request was, if it was one; budgets refuse some too."""
    if exchange.operation is None or not exchange.operation.dispatches:
        return None
    named = exchange.served is not exchange.operation  # else anything might stand there
    action = (exchange.action if named else None) or UNKNOWN_ACTION
    return AgentCall(caller_of(exchange), action, _subject(exchange.body), exchange.error_code)


def _subject(body: Any) -> Subject | None:
    """Return what the call is about, where an id stands that is one; an invalid call may hold anything."""
    parameters = body.get("parameters") if isinstance(body, dict) else None
    if not isinstance(parameters, dict):
        return None
    for name, kind in _SUBJECTS.items():
        identifier = _uuid(parameters.get(name))
        if identifier is not None:
            return kind, identifier
    return None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
