"""An operator's own lots, and what an import of them did, as the contract shows it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.domain.agent_access import AgentAccess
from app.presenters import lots
from app.presenters.agent_access import UNSET
from app.presenters.lots import LotFacts

MOST_FAULTS = 1_000
"""Errors that an answer lists, and warnings; how many there are, it says beside them."""

_LONGEST_NAME = 100
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class OwnLot:
    """A lot as its operator sees it: with what nobody else is shown."""

    facts: LotFacts
    external_id: str | None
    agent_access: AgentAccess | None


class Fault(Protocol):
    """What is wrong with a field of a row."""

    @property
    def line(self) -> int:
        """Return the line, or the number of the feature."""

    @property
    def field(self) -> str:
        """Return the field's name."""

    @property
    def reason(self) -> str:
        """Return what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What an import did, or would do, and what is wrong with its file."""

    created: int
    updated: int
    unchanged: int
    errors: Sequence[Fault]
    warnings: Sequence[Fault]
    ignored_columns: Sequence[str]
    dry_run: bool


def present(lot: OwnLot) -> dict[str, Any]:
    """Return a lot with what its operator alone knows of it."""
    known = {} if lot.external_id is None else {"external_id": lot.external_id}
    return lots.details(lot.facts) | known | {"agent_access": lot.agent_access or UNSET}


def present_import(done: ImportFacts) -> dict[str, Any]:
    """Return what an import did; of very many faults the first."""
    return {
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "error_count": len(done.errors),
        "errors": [_fault(fault) for fault in done.errors[:MOST_FAULTS]],
        "warning_count": len(done.warnings),
        "warnings": [_fault(fault) for fault in done.warnings[:MOST_FAULTS]],
        "ignored_columns": [_shown(name) for name in done.ignored_columns],
        "dry_run": done.dry_run,
    }


def _fault(fault: Fault) -> Mapping[str, Any]:
    return {"line": fault.line, "field": fault.field, "reason": fault.reason}


def _shown(name: str) -> str:
    """Write the name of a column so that JSON can hold it and a line can show it."""
    return _NOT_SHOWN.sub("�", name)[:_LONGEST_NAME]
