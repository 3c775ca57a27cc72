"""Events: written down in the transaction of the change that they tell of; the worker tells them later."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.callers import ProjectRef
from app.domain.ids import uuid7
from app.domain.webhooks import PING, EventType
from app.models import ApiKey, Dispute, Event, Lot, Refund, Webhook
from app.presenters import events as written
from app.services import rows, settlement_subjects
from app.services.rows import Values
from app.services.settlement_subjects import Subject


def of_session(db: Session, event_type: EventType, subject: Subject) -> None:
    """Tell the project that made a session, and its lot's operator, what became of it."""
    _of_session(db, event_type, subject, written.session(subject.session, subject.holds))


def of_refund(db: Session, event_type: EventType, subject: Subject, refund: Refund) -> None:
    """Tell the same of a refund of a session's money."""
    _of_session(db, event_type, subject, written.refund(subject.session, subject.holds, refund))


def of_dispute(db: Session, event_type: EventType, subject: Subject, dispute: Dispute) -> None:
    """Tell the same of a dispute about it."""
    _of_session(db, event_type, subject, written.dispute(subject.session, subject.holds, dispute))


def of_lots(db: Session, action: str, lot_ids: Iterable[UUID], *, world_id: UUID, operator_id: UUID) -> None:
    """Tell an operator which lots an action changed."""
    several = [
        _event("lot.updated", lot_id, written.lot(lot_id, action), world_id=world_id, operator_id=operator_id)
        for lot_id in lot_ids
    ]
    if several:
        rows.add_all(db, Event, several)


def of_lot(db: Session, action: str, lot: Lot) -> None:
    """Tell an operator that an action changed a lot."""
    of_lots(db, action, [lot.id], world_id=lot.world_id, operator_id=lot.operator_id)


def of_occupancy(db: Session, lot: Lot, *, free: int, occupied_elsewhere: int) -> None:
    """Tell an operator what a report of its own changed."""
    said = written.occupancy(lot.id, capacity=lot.capacity, free=free, occupied_elsewhere=occupied_elsewhere)
    whose = {"world_id": lot.world_id, "operator_id": lot.operator_id}
    rows.add(db, Event, _event("occupancy.changed", lot.id, said, **whose))


def of_rotated_key(db: Session, key: ApiKey, project: ProjectRef, *, replaces: UUID) -> None:
    """Tell a project that one of its keys was rotated."""
    said = written.rotated_key(key, replaces=replaces)
    event = _event("key.rotated", key.id, said, world_id=project.world_id, project_id=project.id)
    rows.add(db, Event, event)


def of_ping(db: Session, webhook: Webhook) -> UUID:
    """Write down an event that is for one receiver alone, and return its id."""
    event = _event(PING, webhook.id, written.ping(webhook.id), world_id=webhook.world_id)
    rows.add(db, Event, {**event, "spread_at": event["created_at"]})
    return UUID(str(event["id"]))


def _of_session(db: Session, event_type: EventType, subject: Subject, data: Mapping[str, Any]) -> None:
    session = subject.session
    event = _event(
        event_type,
        session.id,
        data,
        world_id=settlement_subjects.world_of(subject),
        operator_id=session.operator_id,
        project_id=session.project_id,
    )
    rows.add(db, Event, event)


def _event(
    event_type: str,
    subject_id: UUID,
    data: Mapping[str, Any],
    *,
    world_id: UUID,
    operator_id: UUID | None = None,
    project_id: UUID | None = None,
) -> Values:
    at = clock.now()
    return {
        "id": uuid7(),
        "type": event_type,
        "world_id": world_id,
        "operator_id": operator_id,
        "project_id": project_id,
        "subject_id": subject_id,
        "body": written.body(event_type, at, data),
        "created_at": at,
    }
