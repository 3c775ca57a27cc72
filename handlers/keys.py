"""API keys: create, list, rotate, delete."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers, pages
from app.presenters.keys import present, present_new
from app.services import keys
from app.services.idempotency import Answer
from app.services.keys import NewKey


def create_api_key(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Make a key for the caller's project and show it this once."""
    expires_at = body.get("expires_at")
    return _shown(
        keys.create(
            user,
            name=body["name"],
            scopes=body["scopes"],
            expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
            once=once,
        )
    )


def list_api_keys(user: Caller, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
    """List the keys of the caller's project, newest first."""
    page = keys.page(user, limit=limit, cursor=None if cursor is None else UUID(cursor))
    return pages.present(page, present)


def rotate_api_key(user: Caller, key_id: str, once: Once | None = None) -> answers.Response:
    """Replace a key by a new one and show that this once."""
    return _shown(keys.rotate(user, UUID(key_id), once=once))


def delete_api_key(user: Caller, key_id: str, once: Once | None = None) -> tuple[None, int, dict[str, str]]:
    """Revoke a key at once and for good."""
    answer = keys.delete(user, UUID(key_id), once=once)
    return None, 204, answers.headers(answer.replayed)


def _shown(answer: Answer[NewKey]) -> answers.Response:
    key = present_new(answer.value.record, answer.value.text)
    return {"api_key": key}, 201, answers.headers(answer.replayed)
