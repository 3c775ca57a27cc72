"""Import lots from a file: read every row, report what is wrong, and bring the operator's lots up to date.

Lots are known again by their `external_id`. Only columns that the file has are changed, so a list without
prices leaves tariffs alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.models import Operator
from app.services import lot_changes, lot_files, lot_limits, lot_rows
from app.services.lot_changes import Comparison, Target
from app.services.lot_files import Fault, Table
from app.services.lot_rows import Draft

BATCH = 250
"""Lots written in one transaction: few transactions, and none that others wait long for.

Where only so many lots may stand, one transaction writes the whole file: all of it fits, or none is written.
"""

Progress = Callable[[int, int], None]
"""Told how many lots are done, of how many."""


def _silent(done: int, total: int) -> None:
    """Tell nobody how far the import is."""


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
class Tally:
    """How far an import is: the lots that were compared with what stands, and what came of them.

    It holds nothing that the file says: with the file, it gives the report once more.
    """

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    conflicts: Sequence[Fault] = ()

    def add(self, comparison: Comparison) -> "Tally":
        """Return the tally with one batch more."""
        new, changed = len(comparison.new), len(comparison.changed)
        return Tally(
            done=self.done + new + changed + comparison.unchanged + len(comparison.conflicts),
            created=self.created + new,
            updated=self.updated + changed,
            unchanged=self.unchanged + comparison.unchanged,
            conflicts=(*self.conflicts, *comparison.conflicts),
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Tally":
        """Read a tally that was kept."""
        return cls(**{**kept, "conflicts": tuple(Fault(**fault) for fault in kept["conflicts"])})


Note = Callable[[Session, Tally], None]
"""Told in the transaction of each batch how far the import then is."""

NOTHING_DONE = Tally()


def _unnoted(db: Session, tally: Tally) -> None:
    """Keep no note of how far the import is."""


@dataclass(frozen=True, slots=True)
class Reading:
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
    reading = read(source)
    tally = carry_out(target, reading, dry_run=dry_run, strict=strict, progress=progress or _silent)
    return report(reading, tally)


def read(source: Path | bytes, *, media_type: str | None = None) -> Reading:
    """Understand a file, row by row; raise BadRequest for one that is no list of lots, as announced."""
    return _understand(lot_files.read(source, media_type=media_type))


def carry_out(
    target: Target,
    reading: Reading,
    *,
    dry_run: bool = False,
    strict: bool = False,
    begun: Tally = NOTHING_DONE,
    note: Note = _unnoted,
    progress: Progress = _silent,
) -> Tally:
    """Import what was understood of a file, from where an earlier attempt stopped, and return the tally."""
    lot_limits.require_fitting(most=target.most_lots, named=len(reading.drafts))
    if dry_run or (strict and not begun.done):
        tally = _rehearse(target, reading)
        if dry_run:
            return tally
        if reading.errors or tally.conflicts:
            return Tally(conflicts=tally.conflicts)
    tally = begun
    progress(tally.done, len(reading.drafts))
    for batch in _batches(target, reading.drafts[begun.done :]):
        tally = _write(target, batch, tally, note)
        progress(tally.done, len(reading.drafts))
    return tally


def _understand(table: Table) -> Reading:
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
    return Reading(drafts, sorted(errors, key=lambda fault: fault.line), warnings, ignored)


def report(reading: Reading, tally: Tally) -> Report:
    """Say what an import did with what was understood of its file."""
    skipped = {conflict.line for conflict in tally.conflicts}
    return Report(
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        errors=sorted([*reading.errors, *tally.conflicts], key=lambda fault: fault.line),
        warnings=[warning for warning in reading.warnings if warning.line not in skipped],
        ignored_columns=reading.ignored_columns,
    )


def _batches(target: Target, drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    size = BATCH if target.most_lots is None else max(len(drafts), 1)
    return (drafts[start : start + size] for start in range(0, len(drafts), size))


def _rehearse(target: Target, reading: Reading) -> Tally:
    tally = NOTHING_DONE
    for batch in _batches(target, reading.drafts):
        with database.reading() as db:
            tally = tally.add(_compare(db, target, batch))
    return tally


@database.retried
def _write(target: Target, drafts: Sequence[Draft], tally: Tally, note: Note) -> Tally:
    with database.transaction() as db:
        comparison = _compare(db, target, drafts)
        if comparison.new or comparison.changed:
            lot_changes.store(db, target, comparison)
        after = tally.add(comparison)
        note(db, after)
        return after


def _compare(db: Session, target: Target, drafts: Sequence[Draft]) -> Comparison:
    one_at_a_time(db, target.operator_id)
    comparison = lot_changes.compare(db, target, drafts)
    lot_limits.require_room(db, target.world_id, most=target.most_lots, more=len(comparison.new))
    return comparison


def one_at_a_time(db: Session, operator_id: UUID) -> None:
    """Let one writer of an operator's lots work at a time; raise NotFound where there is no such operator."""
    operator = select(Operator.id).where(Operator.id == operator_id).with_for_update(key_share=True)
    if db.scalar(operator) is None:
        raise NotFound("There is no operator with this id.")
