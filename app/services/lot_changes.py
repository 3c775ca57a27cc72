"""What a list of lots means for the lots that are known: which are new, which differ, which can't be so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.domain.tariffs import Tariff
from app.models import Lot
from app.services import audit, events, lot_fields, lot_records, rates, worlds
from app.services.lot_files import Fault
from app.services.lot_rows import Draft

Known = Row[Any]
"""A lot as it stands: all of its columns."""
Differences = dict[str, list[Any]]
"""By field, what stands and what the file says."""
TARIFF = "tariff"
"""The field of a difference in prices."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whose lots a list is about, and who brought it."""

    caller: Caller
    world_id: UUID
    operator_id: UUID
    most_lots: int | None = None
    """How many may stand in that world."""


@dataclass(frozen=True, slots=True)
class Change:
    """A known lot of which the file says something else."""

    lot: Known
    draft: Draft
    differences: Differences


@dataclass(frozen=True, slots=True)
class Comparison:
    """What drafts mean for the lots that are known."""

    new: Sequence[Draft]
    changed: Sequence[Change]
    unchanged: int
    conflicts: Sequence[Fault]


def compare(db: Session, target: Target, drafts: Sequence[Draft]) -> Comparison:
    """Compare drafts with the lots of the same `external_id`s."""
    lots = _known(db, target, [draft.external_id for draft in drafts])
    tariffs = rates.tariffs(db, {lot.tariff_id for lot in lots.values() if lot.tariff_id is not None})
    new: list[Draft] = []
    changed: list[Change] = []
    conflicts: list[Fault] = []
    for draft in drafts:
        lot = lots.get(draft.external_id)
        if lot is None:
            new.append(draft)
        elif conflict := _conflict(lot, draft):
            conflicts.append(conflict)
        else:
            priced = _on_its_clock(draft, tariffs.get(lot.tariff_id))
            if found := _differences(lot, priced, tariffs):
                changed.append(Change(lot, priced, found))
    unchanged = len(drafts) - len(new) - len(changed) - len(conflicts)
    return Comparison(new, changed, unchanged, conflicts)


def store(db: Session, target: Target, comparison: Comparison) -> None:
    """Add the new lots and change the known ones, with an entry of each in the audit log."""
    at = worlds.now(db, target.world_id)
    repriced = [change.draft for change in comparison.changed if TARIFF in change.differences]
    priced = [draft.tariff for draft in (*comparison.new, *repriced)]
    tariff_ids = lot_records.add_tariffs(db, priced, operator_id=target.operator_id, at=at)
    new = [{**draft.columns, "tariff_id": tariff_ids[draft.tariff]} for draft in comparison.new]
    created = lot_records.add(db, new, world_id=target.world_id, operator_id=target.operator_id, at=at)
    changes = {change.lot.id: _columns(change, tariff_ids) for change in comparison.changed}
    lot_records.grow(db, _growth(comparison), at=at)
    lot_records.change(db, changes, at=at)
    diffs = {lot_id: _creation(draft) for lot_id, draft in zip(created, comparison.new, strict=True)}
    diffs |= {change.lot.id: change.differences for change in comparison.changed}
    audit.append_for_each_lot(db, target.caller, "lot.import", diffs, operator_id=target.operator_id)
    events.of_lots(db, "lot.import", diffs, world_id=target.world_id, operator_id=target.operator_id)


def _known(db: Session, target: Target, external_ids: Sequence[str]) -> Mapping[str, Known]:
    lots = Lot.__table__
    theirs = lots.c.world_id == target.world_id, lots.c.operator_id == target.operator_id
    named = lots.c.external_id.in_(external_ids), lots.c.deleted_at.is_(None)
    # Locked, else what an operator changes meanwhile would be written over with what stood before.
    standing = select(lots).where(*theirs, *named).order_by(lots.c.id).with_for_update(key_share=True)
    return {lot.external_id: lot for lot in db.execute(standing)}


def differences(stands: lot_records.Columns, said: lot_records.Columns) -> Differences:
    """Return, by column, what stands and what is said, where the two are not the same."""
    return {column: [stands[column], value] for column, value in said.items() if stands[column] != value}


def _conflict(lot: Known, draft: Draft) -> Fault | None:
    """Refuse what a row can't change: a tariff's currency, and a capacity below spaces it says nothing of."""
    keeps_tariff = lot.tariff_id is not None and not draft.prices_given
    if keeps_tariff and draft.columns["currency"] != lot.currency:
        return Fault(draft.line, "currency", f"is not that of the lot's tariff, {lot.currency}")
    for column in lot_fields.beyond_capacity({**lot._mapping, **draft.columns}):
        return Fault(draft.line, "capacity", f"is less than the lot's {lot_fields.FIELD_OF[column]}")
    return None


def _differences(lot: Known, draft: Draft, tariffs: Mapping[UUID, Tariff]) -> Differences:
    found = differences(dict(lot._mapping), draft.columns)
    tariff = tariffs.get(lot.tariff_id)
    if draft.prices_given and draft.tariff != tariff:
        found[TARIFF] = [_rules(tariff), _rules(draft.tariff)]
    return found


def _on_its_clock(draft: Draft, tariff: Tariff | None) -> Draft:
    """Let a lot that moves to another time zone take its bands with it."""
    if draft.prices_given or tariff is None:
        return draft
    moved = tariff.in_zone(draft.columns["time_zone"])
    return draft if moved == tariff else replace(draft, tariff=moved, prices_given=True)


def _creation(draft: Draft) -> dict[str, Any]:
    return {"created": {**draft.columns, TARIFF: _rules(draft.tariff)}}


def _rules(tariff: Tariff | None) -> dict[str, object] | None:
    return None if tariff is None else tariff.as_json()


def _growth(comparison: Comparison) -> dict[UUID, int]:
    growth = {
        change.lot.id: change.draft.columns["capacity"] - change.lot.capacity for change in comparison.changed
    }
    return {lot_id: spaces for lot_id, spaces in growth.items() if spaces}


def _columns(change: Change, tariff_ids: Mapping[Tariff | None, UUID | None]) -> dict[str, Any]:
    """Return the columns to set: those that the file has, and what follows from them."""
    derived = lot_records.derived({**change.lot._mapping, **change.draft.columns})
    repriced = TARIFF in change.differences
    tariff_id = tariff_ids[change.draft.tariff] if repriced else change.lot.tariff_id
    return {**change.draft.columns, **derived, "tariff_id": tariff_id}
