"""The books of one session at the embedded processor, for whoever wants to see where the money would be."""

from dataclasses import fields
from uuid import UUID

from sqlalchemy import select

from app import database
from app.domain.errors import NotFound
from app.domain.money import Money
from app.gateways import processors
from app.gateways.embedded_processor import Books
from app.models import Hold, ParkingSession, Project


def get(session_id: UUID) -> Books:
    """Read the embedded processor's books of a session, whosever it is.

    Raises NotFound for an unknown session, Conflict where its project pays through Stripe.
    """
    wanted = (
        select(ParkingSession.currency, Project)
        .join(Project, Project.id == ParkingSession.project_id)
        .where(ParkingSession.id == session_id)
    )
    holds = select(Hold.payment_intent_id).where(Hold.session_id == session_id)
    with database.reading() as db:
        row = db.execute(wanted).one_or_none()
        payment_intent_ids = [made for made in db.scalars(holds) if made is not None]
    if row is None:
        raise NotFound("There is no session with this id.")
    currency, project = row
    kept = processors.embedded(project.kind).books(_world(project), payment_intent_ids)
    if kept is not None:
        return kept
    nothing = Money.zero(currency)
    return Books(*[nothing for _ in fields(Books)])


def _world(project: Project) -> UUID | str:
    return processors.EMBEDDED_LIVE_WORLD if project.kind == "live" else project.id
