"""Import lots from a file: read every row, report what is wrong, and bring the operator's lots up to date.

Lots are known again by their `external_id`. Only columns that the file has are changed, so a list without
prices leaves tariffs alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.models import Operator
from app.services import lot_changes, lot_files, lot_rows
from app.services.lot_changes import Comparison, Target
from app.services.lot_files import Fault, Table
from app.services.lot_rows import Draft

BATCH = 250
"""Lots written in one transaction: few transactions, and none that others wait long for."""

Progress = Callable[[int, int], None]
"""Told how many lots are done, of how many."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do, and what is wrong with the file."""

    created: int
    updated: int
    unchanged: int
    errors: Sequence[Fault]
    """Rows that were skipped, and why."""
    warnings: Sequence[Fault]
    """Rows that were taken and should be looked at."""
    ignored_columns: Sequence[str] = ()
    """Columns of the file that mean nothing to us, in the order of the alphabet."""

    @property
    def taken(self) -> int:
        """Count the rows that the installation holds now."""
        return self.created + self.updated + self.unchanged

    @property
    def warnings_by_kind(self) -> Mapping[str, int]:
        """Count the warnings, the most frequent kind first."""
        return dict(Counter(warning.reason for warning in self.warnings).most_common())


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was understood of a file."""

    drafts: Sequence[Draft]
    errors: Sequence[Fault]
    warnings: Sequence[Fault]
    ignored_columns: Sequence[str]


def run(
    caller: Caller,
    source: Path | bytes,
    *,
    world_id: UUID,
    operator_id: UUID,
    dry_run: bool = False,
    strict: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import a CSV or GeoJSON file of lots for an operator into a world.

    With `strict`, one error and nothing is written; with `dry_run`, nothing is written anyway. Raises
    BadRequest for a file that is no list of lots, NotFound for an unknown operator.
    """
    target = Target(caller, world_id, operator_id)
    reading = _understand(lot_files.read(source))
    if dry_run or strict:
        rehearsal = _report(reading, [_rehearse(target, batch) for batch in _batches(reading.drafts)])
        if dry_run:
            return rehearsal
        if rehearsal.errors:
            return replace(rehearsal, created=0, updated=0, unchanged=0)
    return _report(reading, list(_write_all(target, reading.drafts, progress or _silent)))


def _silent(done: int, total: int) -> None:
    """Tell nobody how far the import is."""


def _write_all(target: Target, drafts: Sequence[Draft], progress: Progress) -> Iterator[Comparison]:
    done = 0
    progress(done, len(drafts))
    for batch in _batches(drafts):
        yield _write(target, batch)
        done += len(batch)
        progress(done, len(drafts))


def _understand(table: Table) -> _Reading:
    drafts: list[Draft] = []
    errors, warnings = list(table.faults), list[Fault]()
    lines: dict[str, int] = {}
    for row in table.rows:
        external_id = row.texts.get("external_id", "")
        first = lines.setdefault(external_id, row.line) if external_id else row.line
        if first != row.line:
            errors.append(Fault(row.line, "external_id", f"stands on line {first} already"))
            continue
        understood = lot_rows.understand(row, table.columns)
        errors += understood.faults
        warnings += understood.warnings
        drafts += [understood.draft] if understood.draft else []
    ignored = sorted(name for name in table.columns - lot_rows.COLUMNS if name)
    return _Reading(drafts, sorted(errors, key=lambda fault: fault.line), warnings, ignored)


def _report(reading: _Reading, comparisons: Sequence[Comparison]) -> Report:
    conflicts = [conflict for comparison in comparisons for conflict in comparison.conflicts]
    skipped = {conflict.line for conflict in conflicts}
    return Report(
        created=sum(len(comparison.new) for comparison in comparisons),
        updated=sum(len(comparison.changed) for comparison in comparisons),
        unchanged=sum(comparison.unchanged for comparison in comparisons),
        errors=sorted([*reading.errors, *conflicts], key=lambda fault: fault.line),
        warnings=[warning for warning in reading.warnings if warning.line not in skipped],
        ignored_columns=reading.ignored_columns,
    )


def _batches(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    return (drafts[start : start + BATCH] for start in range(0, len(drafts), BATCH))


def _rehearse(target: Target, drafts: Sequence[Draft]) -> Comparison:
    with database.reading() as db:
        _lock(db, target.operator_id)
        return lot_changes.compare(db, target, drafts)


@database.retried
def _write(target: Target, drafts: Sequence[Draft]) -> Comparison:
    with database.transaction() as db:
        _lock(db, target.operator_id)
        comparison = lot_changes.compare(db, target, drafts)
        if comparison.new or comparison.changed:
            lot_changes.store(db, target, comparison)
        return comparison


def _lock(db: Session, operator_id: UUID) -> None:
    """Let one import of an operator's run at a time; raise NotFound where there is no such operator."""
    operator = select(Operator.id).where(Operator.id == operator_id).with_for_update(key_share=True)
    if db.scalar(operator) is None:
        raise NotFound("There is no operator with this id.")
