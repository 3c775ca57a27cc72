"""What the document cannot state, checked on every answer that the fuzzer gets."""

import json
import re
from collections.abc import Mapping, Set
from typing import Any

from gate.traffic import Exchange

_LEAK = re.compile(
    r"Traceback|File \"|psycopg|sqlalchemy|sqlite3\.|werkzeug|starlette|connexion\.|site-packages|\.py\b"
    r"|SELECT .+ FROM |INSERT INTO |whsec_|sk_(?:test|live)_",
    re.IGNORECASE,
)
_SECRETS_ARE_SHOWN_BY = frozenset({"createWebhook", "updateWebhook"})
_KEYS_ARE_SHOWN_BY = frozenset({"createApiKey", "rotateApiKey", "createSandbox"})
_ECHOED = frozenset({"name", "plate", "metadata"})
_SHOWN_ON_PURPOSE = frozenset({"stack"})
"""An operator's own trace says where a failure happened."""
_ENVELOPE_OF_ACTION: Mapping[str, str] = {
    "search_parking": "lots",
    "check_availability": "availability",
    "get_rates": "rates",
    "create_session": "session",
    "get_session": "session",
    "extend_session": "session",
    "end_session": "session",
    "request_refund": "refund",
}
_PAGED = frozenset(
    {
        "listAgents",
        "listApiKeys",
        "listAuditLog",
        "listDeliveries",
        "listDisputes",
        "listEvents",
        "listLedgerEntries",
        "listRefunds",
        "listSessions",
        "listWebhooks",
        "searchSessions",
    }
)
_KNOWN_AT_THE_END = frozenset({"ended_at", "duration_hours", "subtotal", "owner_payout"})


def page_is_within_limit(exchange: Exchange) -> str | None:
    """A page holds no more than was asked for."""
    if not exchange.accepted:
        return None
    if exchange.operation in _PAGED:
        return _too_many(exchange.answered["data"], dict(exchange.query).get("limit", 20))
    if exchange.operation == "listLotsGeoJson":
        return _too_many(exchange.answered["features"], dict(exchange.query).get("limit", 500))
    if exchange.operation == "searchLots":
        return _too_many(exchange.answered["lots"], dict(exchange.query).get("limit", 10))
    if _action(exchange) == "search_parking":
        return _too_many(exchange.answered["lots"], exchange.sent.get("parameters", {}).get("limit", 10))
    return None


def _too_many(entries: list[Any], limit: Any) -> str | None:
    return f"{len(entries)} entries for a limit of {limit}" if len(entries) > int(limit) else None


def nothing_leaks(exchange: Exchange) -> str | None:
    """Nothing of the server's inside, and no key, stands in an answer."""
    answer = _without_echoes(exchange)
    if found := _LEAK.search(answer):
        return f"the answer shows {found.group(0)!r}"
    shows_key = exchange.operation in _KEYS_ARE_SHOWN_BY and exchange.accepted
    if not shows_key and re.search(r"pk_(?:test|live)_[A-Za-z0-9]{32}", answer):
        return "the answer shows an API key"
    return None


def _without_echoes(exchange: Exchange) -> str:
    """Names, plates and notes are given back as they were sent, whatever they say."""
    if not exchange.accepted:
        return exchange.response_body
    secret = {"secret"} if exchange.operation in _SECRETS_ARE_SHOWN_BY else set()
    return json.dumps(_stripped(exchange.answered, _ECHOED | _SHOWN_ON_PURPOSE | secret))


def _stripped(value: Any, names: Set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(part, names) for name, part in value.items() if name not in names}
    return [_stripped(part, names) for part in value] if isinstance(value, list) else value


def error_is_honest(exchange: Exchange, statuses: Mapping[str, int]) -> str | None:
    """An error's code belongs to its status, and its request id is the one in the header."""
    if exchange.status < 400 or exchange.method == "HEAD":
        return None
    error = (exchange.answered or {}).get("error", {})
    if statuses.get(error.get("code")) != exchange.status:
        return f"{error.get('code')} came with {exchange.status}"
    if error["request_id"] != exchange.response_headers.get("x-request-id"):
        return "the request id of the body is not that of the header"
    return None


def nothing_comes_with_204(exchange: Exchange) -> str | None:
    """A 204 has neither a body nor a media type."""
    bare = not exchange.response_body and "content-type" not in exchange.response_headers
    return None if exchange.status != 204 or bare else "a 204 came with a body or a Content-Type"


def action_has_its_own_answer(exchange: Exchange) -> str | None:
    """A dispatcher answers what the action's REST twin answers, not what another's does."""
    action = _action(exchange)
    if action is None or not exchange.accepted:
        return None
    expected = {_ENVELOPE_OF_ACTION[action]}
    return None if exchange.answered.keys() == expected else f"{action} answered {set(exchange.answered)}"


def session_is_consistent(exchange: Exchange) -> str | None:
    """What is known at a session's end is there then, and not before; the owner's part is a part."""
    return next(filter(None, map(_inconsistency, _sessions(exchange))), None)


def _sessions(exchange: Exchange) -> list[Any]:
    if not exchange.accepted or not isinstance(exchange.answered, dict):
        return []
    alone, listed = exchange.answered.get("session"), exchange.answered.get("data", [])
    return [alone] if alone else [entry for entry in listed if "session_code" in entry]


def _inconsistency(session: dict[str, Any]) -> str | None:
    known = _KNOWN_AT_THE_END & session.keys()
    if session["status"] == "active" and known:
        return f"an active session shows {known}"
    if session["status"] == "completed" and known != _KNOWN_AT_THE_END:
        return f"a completed session lacks {_KNOWN_AT_THE_END - known}"
    if session.get("owner_payout", 0) > session.get("subtotal", 0):
        return "the owner gets more than the stay cost"
    if "client_secret" in session and session["payment"]["status"] != "requires_authorization":
        return "the client secret is shown after the authorisation"
    return None


def _action(exchange: Exchange) -> str | None:
    if not exchange.operation.startswith("dispatch") or not isinstance(exchange.sent, dict):
        return None
    action = exchange.sent.get("action")
    return action if isinstance(action, str) else None
