"""What drivers were told, what we wrote down and what the processor holds, laid beside each other."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import database
from app.gateways import processors
from app.models import Hold, ParkingSession, Person, Refund
from app.services import availability
from tests.fire.stays import Stay
from tests.servers import rows


def wrong_in_the_ledgers(stays: Sequence[Stay], *, project_id: UUID, processor: Path) -> list[str]:
    """Name every acknowledged write that is lost, every double, every orphan and every sum that differs."""
    with database.reading() as db:
        sessions = db.execute(
            select(ParkingSession, Person.normalised)
            .join(Person, Person.id == ParkingSession.plate_id)
            .where(ParkingSession.project_id == project_id)
        ).all()
        holds = db.scalars(select(Hold).where(Hold.session_id.in_([session.id for session, _ in sessions])))
        holds_of = defaultdict[UUID, list[Hold]](list)
        for hold in holds:
            holds_of[hold.session_id].append(hold)
        refunds = db.scalars(select(Refund).where(Refund.session_id.in_(holds_of.keys()))).all()
        drifts = [f"{drift}" for drift in availability.drift(db)]
    by_plate = {plate: session for session, plate in sessions}
    times = Counter(plate for _, plate in sessions)
    faults = [f"{plate} has {number} sessions" for plate, number in times.items() if number > 1]
    for stay in stays:
        session = by_plate.get(stay.plate)
        if session is None:
            faults.append(f"{stay.plate} was told {stay.told}, and is lost")
            continue
        of_it = [refund for refund in refunds if refund.session_id == session.id]
        wrong = [*_lost(stay, session, of_it), *_uneven(project_id, session, holds_of[session.id], of_it)]
        faults += [f"{stay.plate} {session.id} {session.status}: {fault}" for fault in wrong]
    known = {hold.payment_intent_id for of_one in holds_of.values() for hold in of_one}
    return faults + drifts + list(_orphans(project_id, known, processor))


def _lost(stay: Stay, session: ParkingSession, refunds: Sequence[Refund]) -> Iterator[str]:
    """Name what a driver was told and what is not so, and what was done more often than it was told."""
    created, extended, ended = (stay.told[step]["session"] for step in ("create", "extend", "end"))
    refund = stay.told["refund"]["refund"]
    minutes = (session.planned_end_at - session.started_at).total_seconds() / 60
    right = {
        f"created as {created['id']}": created["id"] == str(session.id),
        f"authorised {created['payment']}": created["payment"]["status"] == "authorized",
        f"extended to {extended['planned_end_at']}": minutes == 180,
        f"ended, but is {session.status}": ended["status"] == session.status == "completed",
        f"told {ended['subtotal']}, not {session.subtotal_minor}": round(ended["subtotal"] * 100)
        == session.subtotal_minor,
        f"refunds {[(each.id, each.status, each.amount_minor) for each in refunds]}": [
            (str(each.id), each.status, each.amount_minor) for each in refunds
        ]
        == [(refund["id"], "succeeded", 100)],
    }
    return (fault for fault, is_right in right.items() if not is_right)


def _uneven(
    project_id: UUID, session: ParkingSession, holds: Sequence[Hold], refunds: Sequence[Refund]
) -> Iterator[str]:
    """Name the sums that differ between our books and the processor's own, over all holds of a session."""
    intents = [hold.payment_intent_id for hold in holds if hold.payment_intent_id]
    theirs = processors.embedded().books(project_id, intents)
    captured = sum(hold.captured_minor for hold in holds)
    authorized = sum(hold.authorized_minor for hold in holds)
    given_back = sum(hold.refunded_minor for hold in holds)
    if theirs is None:
        yield "nothing of it is at the processor"
        return
    right = {
        f"authorised {authorized}, at the processor {theirs.authorized}": authorized
        == theirs.authorized.minor,
        f"captured {captured}, at the processor {theirs.captured}": captured == theirs.captured.minor,
        f"captured {captured}, due {session.subtotal_minor}": captured == session.subtotal_minor,
        f"released {authorized - captured}, at the processor {theirs.released}": authorized - captured
        == theirs.released.minor,
        f"refunded {given_back}, at the processor {theirs.refunded}": given_back == theirs.refunded.minor,
        f"refunded {given_back}, asked for {len(refunds)} times": given_back
        == sum(each.amount_minor for each in refunds),
    }
    yield from (fault for fault, is_right in right.items() if not is_right)


def _orphans(project_id: UUID, known: set[str | None], processor: Path) -> Iterator[str]:
    """Name what is held or was taken for nobody, and what is held although every stay is over."""
    wanted = f"SELECT body FROM objects WHERE kind = 'payment_intent' AND world = '{project_id}'"
    for row in rows(f"sqlite:///{processor}", wanted):
        intent: Mapping[str, Any] = json.loads(row.body)
        if intent["id"] not in known and (intent["amount_capturable"] or intent["amount_received"]):
            yield f"nobody knows {intent['id']}, {intent['status']}"
        if intent["amount_capturable"]:
            yield f"{intent['id']} is still held"
