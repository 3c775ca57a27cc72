"""Inventory: make, change, delete and import an operator's lots."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.inventory import present, present_import
from app.services import inventory, inventory_imports


def create_lot(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Add a lot to the caller's world."""
    answer = inventory.create(user, body, once=once)
    location = {"Location": f"/api/v1/lots/{answer.value.facts.id}"}
    return {"lot": present(answer.value)}, 201, location | answers.headers(answer.replayed)


def update_lot(user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Change what is said of a lot."""
    answer = inventory.update(user, UUID(lot_id), body, once=once)
    return {"lot": present(answer.value)}, 200, answers.headers(answer.replayed)


def delete_lot(user: Caller, lot_id: str, once: Once | None = None) -> tuple[None, int, dict[str, str]]:
    """Take a lot out of its world for good."""
    answer = inventory.delete(user, UUID(lot_id), once=once)
    return None, 204, answers.headers(answer.replayed)


def import_lots(
    user: Caller,
    raw: bytes,
    media_type: str,
    *,
    dry_run: bool = False,
    strict: bool = False,
    once: Once | None = None,
) -> answers.Response:
    """Bring the operator's lots up to date with a file."""
    answer = inventory_imports.take(
        user, raw, media_type=media_type, dry_run=dry_run, strict=strict, once=once
    )
    return {"import": present_import(answer.value)}, 200, answers.headers(answer.replayed)
