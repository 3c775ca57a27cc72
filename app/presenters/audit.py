"""The audit log, as the contract shows it, and as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import orjson

from app.models import AuditEntry
from app.presenters.instants import precise_instant

COLUMNS = (
    "at",
    "action",
    "actor_type",
    "actor_id",
    "agent_platform",
    "subject_type",
    "subject_id",
    "project_id",
    "request_id",
    "diff",
)
_CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula (OWASP, CSV injection)."""


def present(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry in the contract's shape; what does not apply is absent."""
    facts: dict[str, Any] = {
        "id": str(entry.id),
        "at": precise_instant(entry.at),
        "actor": {"type": entry.actor_type} | ({"id": entry.actor_id} if entry.actor_id else {}),
        "action": entry.action,
        "agent_platform": entry.agent_platform,
        "subject": entry.subject_id and {"type": entry.subject_type, "id": entry.subject_id},
        "lot_id": entry.lot_id and str(entry.lot_id),
        "diff": entry.diff,
        "project_id": entry.project_id and str(entry.project_id),
        "request_id": entry.request_id,
    }
    return {name: value for name, value in facts.items() if value is not None}


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """Write entries by RFC 4180, with a line of names before them; no cell is one that is calculated."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_defused(cell) for cell in _cells(entry)] for entry in entries)
    return file.getvalue()


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    return (
        precise_instant(entry.at),
        entry.action,
        entry.actor_type,
        entry.actor_id,
        entry.agent_platform,
        entry.subject_type,
        entry.subject_id,
        entry.project_id,
        entry.request_id,
        orjson.dumps(entry.diff, option=orjson.OPT_SORT_KEYS).decode(),
    )


def _defused(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_CALCULATED) else text
