"""What a handler gets to know of a request: who calls, and whether it was sent before."""

import hashlib
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from starlette.types import Scope

from app.domain.callers import Actor, Caller
from app.domain.errors import Detail
from app.domain.idempotency import Once
from app.http import platforms
from app.http.exchange import Exchange

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
_KEY: Final = "idempotency_key"
_END_USER: Final = "end_user_id"

_NOBODY: Final = Actor("anonymous")


def caller_of(exchange: Exchange) -> Caller:
    """Return who calls."""
    identity = exchange.identity
    return Caller(
        actor=actor_of(exchange),
        request_id=exchange.request_id,
        project=identity.project if identity else None,
        scopes=identity.scopes if identity else frozenset(),
        platform=platform_of(exchange),
        end_user_id=exchange.end_user_id,
        address=exchange.ip,
    )


def actor_of(exchange: Exchange) -> Actor:
    """Return who does it, as audit and traces write it down."""
    return _NOBODY if exchange.identity is None else exchange.identity.actor


def platform_of(exchange: Exchange) -> str | None:
    """Return the agent platform that calls, a dispatcher's once its name was checked."""
    if exchange.platform is not None or exchange.operation is None or not exchange.operation.dispatches:
        return exchange.platform
    platform: str | None = exchange.arguments.get("platform")
    return platform if exchange.path_values else "openai"


def end_user_of(exchange: Exchange, scope: Scope) -> str | None:
    """Return whom an agent acts for, as far as it says so; whether it may is checked later."""
    return next(filter(platforms.is_name, _end_users(exchange, scope)), None)


def conversation_of(exchange: Exchange, scope: Scope) -> str | None:
    """Return which conversation an agent's call belongs to, as far as it says so; nobody else is asked."""
    is_agents = exchange.operation is not None and exchange.operation.dispatches
    return platforms.conversation(scope["headers"]) if is_agents or exchange.platform else None


def _end_users(exchange: Exchange, scope: Scope) -> list[Any]:
    named = [fields[_END_USER] for fields in _fields(exchange) if _END_USER in fields]
    if _END_USER.encode() in scope["query_string"]:
        named += parse_qs(scope["query_string"].decode("latin-1")).get(_END_USER, [])
    return named + platforms.persons(scope["headers"])


def once_of(exchange: Exchange) -> Once | None:
    """Return the idempotency key of a request and the fingerprint of what it asks for."""
    keys = _keys(exchange)
    if not keys:
        return None
    told = [exchange.method, exchange.path, _content(exchange), *_query_values(exchange)]
    fingerprint = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Once(keys[0], fingerprint)


def _content(exchange: Exchange) -> Any:
    """Return the JSON of a request without its key, or the type and a digest of the file that it is."""
    if exchange.body is None and exchange.raw:
        return [exchange.media_type, hashlib.sha256(exchange.raw).hexdigest()]
    return _without_key(exchange.body)


def _query_values(exchange: Exchange) -> list[Any]:
    """Return what a write was told beside its body: a rehearsal is another request than the deed."""
    known = () if exchange.operation is None else exchange.operation.parameters_in("query")
    return [exchange.arguments.get(parameter.argument) for parameter in known]


def conflicting_keys(exchange: Exchange) -> list[Detail]:
    """Return the problem of a request that names itself by two different idempotency keys."""
    if len(set(_keys(exchange))) < 2:  # noqa: PLR2004 -- two is what a conflict takes
        return []
    return [Detail(IDEMPOTENCY_HEADER, f"differs from {_KEY} in the body; send one of them")]


def _keys(exchange: Exchange) -> list[str]:
    places = (exchange.arguments, *_fields(exchange))
    return [key for fields in places if (key := fields.get(_KEY)) is not None]


def _fields(exchange: Exchange) -> tuple[dict[str, Any], ...]:
    """Return the objects that a parameter of the request may stand in."""
    if not isinstance(exchange.body, dict):
        return ()
    inner = exchange.body.get("parameters")
    return (exchange.body, inner) if isinstance(inner, dict) else (exchange.body,)


def _without_key(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    kept = {name: value for name, value in body.items() if name != _KEY}
    if isinstance(kept.get("parameters"), dict):
        kept["parameters"] = _without_key(kept["parameters"])
    return kept
