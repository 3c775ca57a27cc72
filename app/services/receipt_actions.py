"""What drivers do on their receipts: authorise, extend, end. The link stands for the session's code."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from app import database
from app.domain import receipts as rules
from app.domain.callers import Caller, ProjectKind
from app.domain.errors import Conflict, RateLimited
from app.domain.idempotency import Once
from app.gateways import browser_payments, processors
from app.gateways.browser_payments import BrowserPayments
from app.gateways.card_payments import CardPayments, HoldSnapshot, ProcessorRefused
from app.models import Hold
from app.presenters.sessions import SessionFacts
from app.services import (
    installation,
    payment_operations,
    payments,
    projects,
    receipts,
    session_facts,
    sessions,
    settlement_subjects,
)
from app.services.idempotency import Claim
from app.services.payment_operations import SETTLING

_WINDOW = timedelta(minutes=rules.ATTEMPT_MINUTES)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser needs to authorise a hold now."""

    client_secret: str
    browser: BrowserPayments


@dataclass(frozen=True, slots=True)
class _Link:
    """What a link leads to: whoever holds it, as the driver of one session, and that session."""

    driver: Caller
    session_id: UUID
    session_code: str
    kind: ProjectKind
    project_id: UUID
    hold: Hold | None
    """The newest hold that waits for its driver."""

    @property
    def gateway(self) -> CardPayments:
        return processors.card_payments_for(self.kind, self.project_id)


def attempt(caller: Caller, token: str) -> Attempt:
    """Let the driver try a card.

    Raises Conflict where there is nothing to authorise, RateLimited after too many declined cards, BadGateway
    where the processor does not answer.
    """
    link = _follow(caller, token)
    browser = browser_payments.find(installation.settings(), link.kind, link.project_id)
    if link.hold is None or browser is None:
        raise Conflict("There is nothing to authorise any more. Load the page again.")
    payment_intent_id = str(link.hold.payment_intent_id)
    _refuse_many_declines(link, payment_intent_id)
    # So that more time, or what the hold does not cover, may be asked of this card.
    link.gateway.keep_card(
        str(link.hold.id), payment_intent_id=payment_intent_id, session_id=str(link.session_id)
    )
    return Attempt(str(link.hold.client_secret), browser)


def refresh(caller: Caller, token: str) -> None:
    """Apply what the processor says of the open hold now, rather than wait to be told.

    What is owed of a session that is over is taken at once. Raises BadGateway where the processor does not
    answer; its event tells of the same later.
    """
    link = _follow(caller, token)
    if link.hold is None:
        return
    snapshot = link.gateway.fetch(str(link.hold.payment_intent_id))
    operation_id = _note(link, link.hold.id, snapshot)
    if operation_id is not None:
        payments.carry_out(link.driver, operation_id, Claim("", None))


def extend(caller: Caller, token: str, *, extend_hours: Decimal, once: Once) -> SessionFacts:
    """Move the planned end.

    Raises as `sessions.extend`, Conflict where the processor refused for good, NotFound for an unknown token.
    """
    link = _follow(caller, token)
    with _for_good():
        extended = sessions.extend(
            link.driver, link.session_id, session_code=link.session_code, extend_hours=extend_hours, once=once
        )
    return extended.value


def end(caller: Caller, token: str, *, once: Once) -> SessionFacts:
    """End the session.

    Raises as `sessions.end`, Conflict where the processor refused for good, NotFound for an unknown token.
    """
    link = _follow(caller, token)
    with _for_good():
        ended = sessions.end(link.driver, link.session_id, session_code=link.session_code, once=once)
    return ended.value


@contextmanager
def _for_good() -> Iterator[None]:
    """Tell a refusal that stands from an outcome that is unknown, after which the same form may be sent."""
    try:
        yield
    except ProcessorRefused as refusal:
        raise Conflict(refusal.message) from refusal


def _follow(caller: Caller, token: str) -> _Link:
    with database.reading() as db:
        session, _, project, _ = receipts.found(db.execute(receipts.behind(token)).one_or_none())
        holds = session_facts.facts_of(db, session, caller=caller).holds
    return _Link(
        driver=receipts.driver_of(caller, session, project),
        session_id=session.id,
        session_code=session.session_code,
        kind=project.kind,
        project_id=project.id,
        hold=receipts.open_hold(holds),
    )


def _refuse_many_declines(link: _Link, payment_intent_id: str) -> None:
    """Make whoever tries out cards wait: the processor's own count is the truth, whoever asked it."""
    with database.reading() as db:
        now = projects.now(db, link.project_id)
    declined = sorted(link.gateway.declines(payment_intent_id, since=now - _WINDOW))
    if len(declined) < rules.ATTEMPTS:
        return
    wait = declined[-rules.ATTEMPTS] + _WINDOW - now
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    message = (
        f"{rules.ATTEMPTS} cards were declined within {rules.ATTEMPT_MINUTES} minutes. Nothing was charged. "
        f"Try again in {-(-seconds // 60)} minutes."
    )
    raise RateLimited(message, headers={"Retry-After": str(seconds)})


def _note(link: _Link, hold_id: UUID, snapshot: HoldSnapshot) -> UUID | None:
    """Write down what the processor says; return the capture or release that follows, if one does."""
    with database.transaction() as db:
        with settlement_subjects.changing(db, link.session_id, hold_id) as subject:
            before = payment_operations.pending(db, link.session_id, *SETTLING)
            payments.note_hold(db, link.driver, subject, snapshot)
        following = payment_operations.pending(db, link.session_id, *SETTLING)
    return following if before is None else None
