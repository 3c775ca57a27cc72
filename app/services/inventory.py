"""The lots that an operator runs: make, change and delete them one by one.

Whoever writes lots of an operator waits for whoever does so already, so that two lots never get the same
`external_id`. A lot is locked before its sessions are looked at, and a new session holds its lot still: a
session is never found in a lot that was deleted while it began.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import Conflict
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.sessions import RUNNING
from app.models import Lot, ParkingSession
from app.presenters.inventory import OwnLot
from app.services import (
    audit,
    events,
    idempotency,
    lot_changes,
    lot_imports,
    lot_limits,
    lot_records,
    lot_wishes,
    lots,
    operator_lots,
    projects,
    rates,
    worlds,
)
from app.services.idempotency import Answer, Claim
from app.services.lot_wishes import Said


def create(caller: Caller, said: Said, *, once: Once | None = None) -> Answer[OwnLot]:
    """Add a lot to the caller's world, all of its spaces free.

    Raise BadRequest that names every field that is wrong, Conflict for an `external_id` that is taken and in
    a sandbox that is full.
    """

    def work(claim: Claim) -> OwnLot:
        columns = lot_wishes.columns_of(said)
        lot_wishes.require_fit(columns, columns)
        lot_id = uuid7()
        with database.transaction() as db:
            claim.settle(db, lot_id)
            _add(db, caller, columns | {"id": lot_id})
        return get(caller, lot_id)

    return idempotency.perform(caller, once, work=work, again=lambda lot_id: get(caller, UUID(lot_id)))


def get(caller: Caller, lot_id: UUID) -> OwnLot:
    """Look at one of the operator's lots; raise NotFound for any other."""
    facts = lots.get(caller, lot_id)
    with database.reading() as db:
        lot = operator_lots.get(db, caller, lot_id)
    return OwnLot(facts, external_id=lot.external_id, agent_access=lot.agent_access)


def update(caller: Caller, lot_id: UUID, said: Said, *, once: Once | None = None) -> Answer[OwnLot]:
    """Change what is said of a lot and leave the rest; what changes nothing writes nothing.

    A new time zone holds from then on, for the bands of the tariff too: sessions keep the instants at which
    they began and end, and the clock that they are billed by. Raise what `create` does, NotFound for a lot of
    somebody else's, Conflict for another currency than its tariff's.
    """

    def work(claim: Claim) -> OwnLot:
        columns = lot_wishes.columns_of(said)
        with database.transaction() as db:
            claim.settle(db, lot_id)
            _apply(db, caller, lot_id, columns)
        return get(caller, lot_id)

    return idempotency.perform(caller, once, work=work, again=lambda _: get(caller, lot_id))


def delete(caller: Caller, lot_id: UUID, *, once: Once | None = None) -> Answer[None]:
    """Take a lot out of its world for good; its sessions and its log stay.

    Raise NotFound for a lot that is not the operator's, Conflict while sessions run in it.
    """

    def work(claim: Claim) -> None:
        with database.transaction() as db:
            claim.settle(db, lot_id)
            lot = operator_lots.for_change(db, caller, lot_id)
            _refuse_running(db, lot_id)
            lot.deleted_at = lot.updated_at = worlds.now(db, lot.world_id)
            _note(db, caller, "lot.delete", lot_id, {"name": lot.name, "external_id": lot.external_id})

    return idempotency.perform(caller, once, work=work, again=lambda _: None)


def _add(db: Session, caller: Caller, columns: Mapping[str, Any]) -> None:
    project = projects.of(caller)
    lot_imports.one_at_a_time(db, project.operator_id)
    _refuse_taken(db, caller, columns.get("external_id"))
    lot_limits.require_room(db, project.world_id, most=lot_limits.most_of(project), more=1)
    at = worlds.now(db, project.world_id)
    lot_records.add(db, [columns], world_id=project.world_id, operator_id=project.operator_id, at=at)
    _note(db, caller, "lot.create", columns["id"], {**columns, "id": str(columns["id"])})


def _apply(db: Session, caller: Caller, lot_id: UUID, said: dict[str, Any]) -> None:
    lot_imports.one_at_a_time(db, projects.of(caller).operator_id)
    lot = operator_lots.for_change(db, caller, lot_id)
    stands = {column.key: getattr(lot, column.key) for column in inspect(Lot).column_attrs}
    found = lot_changes.differences(stands, said)
    if not found:
        return
    lot_wishes.require_fit(stands | said, said)
    _refuse_other_currency(lot, said)
    if "external_id" in found:
        _refuse_taken(db, caller, said["external_id"])
    at = worlds.now(db, lot.world_id)
    derived = lot_records.derived(stands | said)
    if "time_zone" in found:
        derived |= _on_its_clock(db, lot, said["time_zone"])
    if "capacity" in found:
        lot_records.grow(db, {lot_id: said["capacity"] - stands["capacity"]}, at=at)
    lot_records.change(db, {lot_id: {**{name: said[name] for name in found}, **derived}}, at=at)
    _note(db, caller, "lot.update", lot_id, found)


def _on_its_clock(db: Session, lot: Lot, time_zone: str) -> dict[str, Any]:
    """Let a lot that moves to another time zone take its bands with it, as a new version of its tariff."""
    tariff = rates.tariff_of(db, lot)
    moved = None if tariff is None else tariff.in_zone(time_zone)
    if moved == tariff:
        return {}
    at = worlds.now(db, lot.world_id)
    return {"tariff_id": lot_records.add_tariffs(db, [moved], operator_id=lot.operator_id, at=at)[moved]}


def _refuse_taken(db: Session, caller: Caller, external_id: str | None) -> None:
    if external_id is None:
        return
    project = projects.of(caller)
    theirs = Lot.world_id == project.world_id, Lot.operator_id == project.operator_id
    same = select(Lot.id).where(*theirs, Lot.external_id == external_id, Lot.deleted_at.is_(None))
    if db.scalar(same) is not None:
        raise Conflict.of("external_id", "Another of your lots has this external_id.")


def _refuse_other_currency(lot: Lot, said: Mapping[str, Any]) -> None:
    if lot.tariff_id is not None and said.get("currency", lot.currency) != lot.currency:
        message = f"The lot's tariff is in {lot.currency}. Its currency can't change while it has one."
        raise Conflict.of("currency", message)


def _refuse_running(db: Session, lot_id: UUID) -> None:
    running = ParkingSession.lot_id == lot_id, ParkingSession.status.in_(RUNNING)
    if db.scalar(select(ParkingSession.id).where(*running).limit(1)) is not None:
        raise Conflict.of("lot_id", "Sessions run in this lot. Delete it once they have ended.")


def _note(db: Session, caller: Caller, action: str, lot_id: UUID, diff: Mapping[str, Any]) -> None:
    project = projects.of(caller)
    operator_id = project.operator_id
    audit.append(
        db, caller, action, operator_id=operator_id, subject=("lot", lot_id), lot_id=lot_id, diff=diff
    )
    events.of_lots(db, action, [lot_id], world_id=project.world_id, operator_id=operator_id)
