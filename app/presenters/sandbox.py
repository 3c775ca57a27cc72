"""Sandboxes and their clocks, as the contract shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.presenters.instants import instant


def present(
    project_id: UUID, *, plan: str, now: datetime, api_key: str | None, operator_key: str | None
) -> dict[str, Any]:
    """Return a sandbox, with its keys where this answer may show them."""
    shown = {"project_id": str(project_id), "plan": plan, "now": instant(now)}
    secrets = {"api_key": api_key, "operator_key": operator_key}
    return shown | {name: text for name, text in secrets.items() if text is not None}


def present_clock(now: datetime, *, offset_seconds: int) -> dict[str, Any]:
    """Return a sandbox's time and how far it runs ahead."""
    return {"now": instant(now), "offset_seconds": offset_seconds}
