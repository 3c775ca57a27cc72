"""Agent access: an operator decides lot by lot whether agents may start sessions (product decision 11)."""

from uuid import UUID

from sqlalchemy.orm import Session

from app import database, queries
from app.domain.agent_access import AgentAccess, may_agents_book
from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.models import Lot
from app.presenters.agent_access import AgentAccessFacts
from app.services import audit, events, idempotency, lot_search, worlds
from app.services.idempotency import Answer, Claim
from app.services.operator_lots import for_change


def choose(
    caller: Caller, lot_id: UUID, access: AgentAccess | None, *, once: Once | None = None
) -> Answer[AgentAccessFacts]:
    """Let agents into a lot or keep them out; None leaves it to when the lot was created.

    Once this has returned, no agent starts a session against it. Sessions that run are left alone, and the
    same choice again changes nothing. Raise NotFound for a lot that is not the operator's.
    """

    def work(claim: Claim) -> AgentAccessFacts:
        with database.transaction() as db:
            claim.settle(db, lot_id)
            _apply(db, caller, for_change(db, caller, lot_id), access)
        return _get(caller, lot_id)

    return idempotency.perform(caller, once, work=work, again=lambda _: _get(caller, lot_id))


def _apply(db: Session, caller: Caller, lot: Lot, access: AgentAccess | None) -> None:
    chosen_before = lot.agent_access
    if access == chosen_before:
        return
    lot.agent_access = access
    lot.updated_at = worlds.now(db, lot.world_id)
    audit.append(
        db,
        caller,
        "agent_access.set",
        operator_id=lot.operator_id,
        subject=("lot", lot.id),
        lot_id=lot.id,
        diff={"agent_access": [chosen_before, access]},
    )
    events.of_lot(db, "agent_access.set", lot)


def _get(caller: Caller, lot_id: UUID) -> AgentAccessFacts:
    with queries.reading() as read:
        lot = lot_search.one(read, worlds.of(caller), lot_id)
    return AgentAccessFacts(
        lot_id=lot.id,
        chosen=lot.agent_access,
        agent_bookable=lot.tariff_id is not None and may_agents_book(lot.agent_access, lot.created_at),
        created_at=lot.created_at,
    )
