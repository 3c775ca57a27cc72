"""API keys, as the contract shows them."""

from typing import Any

from app.models import ApiKey
from app.presenters.instants import instant


def present(key: ApiKey) -> dict[str, Any]:
    """Return a key without its text; what never happened is absent."""
    shown = {
        "id": str(key.id),
        "name": key.name,
        "scopes": list(key.scopes),
        "last_four": key.last_four,
        "created_at": instant(key.created_at),
    }
    moments = {"expires_at": key.expires_at, "last_used_at": key.last_used_at}
    return shown | {name: instant(at) for name, at in moments.items() if at is not None}


def present_new(key: ApiKey, text: str | None) -> dict[str, Any]:
    """Return a new key with its text, where this answer may show it."""
    shown = present(key)
    return shown if text is None else shown | {"key": text}
