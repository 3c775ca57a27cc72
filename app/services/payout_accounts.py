"""Payout accounts: opened at the processor by a row first, and paid into once the processor allows it.

Until then an operator's stays are charged for plainly, and the ledger says what it is owed.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import LIVE_WORLD, Caller, ProjectKind, ProjectRef
from app.domain.errors import BadRequest, Conflict
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.gateways import processors
from app.gateways.card_payments import ConnectedAccount, Event, ReplayedFailure
from app.models import Operator, PayoutAccount, Project
from app.presenters.payout_accounts import Onboarding
from app.services import audit, idempotency, installation, projects, rows, stripe_event_log
from app.services.idempotency import Answer, Claim
from app.services.payment_calls import FORGOTTEN_AFTER


def link(caller: Caller, *, country: str, once: Once | None = None) -> Answer[Onboarding]:
    """Answer a link to the processor's forms, and open the operator's account if there is none.

    Raises Conflict for a sandbox whose operator has other projects, whose payments would go astray,
    BadGateway while the processor's answer is unknown.
    """
    project = projects.of(caller)
    return idempotency.perform(
        caller,
        once,
        work=lambda claim: _begin(caller, project, country, claim),
        again=lambda link_id: _link(project, UUID(link_id)),
        resume=lambda claim, link_id: _go_on(caller, project, UUID(link_id), claim),
    )


def account_changed(teller: Caller, event: Event) -> None:
    """Look at an operator's account again: it may take payments now, or no longer."""
    _look_again(teller, event, event.subject_id, action="payout_account.change")


def payout_failed(teller: Caller, event: Event) -> None:
    """Write down that the bank of an operator's account refused a payout, and look at the account again."""
    _look_again(teller, event, event.account, action="payout_account.payout_failed")


def _begin(caller: Caller, project: ProjectRef, country: str, claim: Claim) -> Onboarding:
    link_id = uuid7()
    with database.transaction() as db:
        claim.enter(db, link_id)
        _write_down(db, project, country)
    return _go_on(caller, project, link_id, claim)


def _is_alone(db: Session, project: ProjectRef) -> bool:
    others = Project.operator_id == project.operator_id, Project.id != project.id
    return db.scalar(select(Project.id).where(*others).limit(1)) is None


def _write_down(db: Session, project: ProjectRef, country: str) -> None:
    """Write the account down before it is opened, or the one that the operator has already."""
    is_alone = _is_alone(db, project)
    if project.kind == "sandbox" and not is_alone:
        raise Conflict("This sandbox's operator has other projects; only a live key opens its account.")
    operator = db.get_one(Operator, project.operator_id)
    # Of several projects' accounts nobody can tell whose it is.
    known = operator.connected_account if is_alone else None
    row = {
        "id": uuid7(),
        "operator_id": project.operator_id,
        "world_id": project.world_id,
        "account_id": known,
        "country": None if known else country,
        "name": None if known else operator.name,
        "charges_enabled": known is not None,
        "created_at": clock.now(),
    }
    if not rows.add_unless_there(db, PayoutAccount, row):
        _wish_again(db, project, country, name=operator.name)


def _wish_again(db: Session, project: ProjectRef, country: str, *, name: str) -> None:
    """Ask for another country under another key, as long as there is no account."""
    row = db.scalars(select(PayoutAccount).where(*_theirs(project)).with_for_update()).one()
    if row.account_id is not None or row.country == country:
        return
    row.attempt += 1
    row.country, row.name = country, name


def _go_on(caller: Caller, project: ProjectRef, link_id: UUID, claim: Claim) -> Onboarding:
    asked = _account_of(project)
    if asked.account_id is None:
        _opened(caller, asked, _open(project, asked))
    made = _link(project, link_id)
    with database.transaction() as db:
        claim.finish(db)
    return made


def _open(project: ProjectRef, asked: PayoutAccount) -> ConnectedAccount:
    """Open an account at the processor, unless that was done; any number of times, it is one account.

    Raises ReplayedFailure where nothing was done, and nothing will be before another key is asked under.
    """
    gateway = processors.card_payments_for(project.kind, project.id)
    accounts = processors.payout_accounts_for(project.kind, project.id)
    if clock.now() - asked.created_at > FORGOTTEN_AFTER:
        found = accounts.find_by_op(asked.key, since=asked.created_at)
        if found is not None:
            return found
    try:
        return gateway.create_connected_account(asked.key, name=str(asked.name), country=str(asked.country))
    except ReplayedFailure:
        found = accounts.find_by_op(asked.key, since=asked.created_at)
        if found is None:
            _spend_key(asked)
            raise
        return found


def _spend_key(asked: PayoutAccount) -> None:
    """Let the next request ask under another key."""
    with database.transaction() as db:
        row = db.get_one(PayoutAccount, asked.id, with_for_update=True)
        if row.attempt == asked.attempt:
            row.attempt += 1


def _opened(caller: Caller, asked: PayoutAccount, opened: ConnectedAccount) -> None:
    """Write an account down, unless the operator wished for another one meanwhile."""
    with database.transaction() as db:
        row = db.get_one(PayoutAccount, asked.id, with_for_update=True)
        if row.account_id is None and row.attempt == asked.attempt:
            row.account_id = opened.id
            _audit(db, caller, row, "payout_account.open", {"account": opened.id})
            _note(db, row, opened)


def _link(project: ProjectRef, link_id: UUID) -> Onboarding:
    account = _account_of(project)
    if account.account_id is None:
        message = "An account is being opened in another country. Try again shortly."
        raise Conflict(message, headers={"Retry-After": "1"})
    gateway = processors.payout_accounts_for(project.kind, project.id)
    return_url = f"{installation.settings().pages_url}/"
    made = gateway.link(str(link_id), account_id=account.account_id, return_url=return_url)
    return Onboarding(made.url, made.expires_at, account.charges_enabled)


def _account_of(project: ProjectRef) -> PayoutAccount:
    with database.reading() as db:
        return db.scalars(select(PayoutAccount).where(*_theirs(project))).one()


def _theirs(project: ProjectRef) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PayoutAccount.operator_id == project.operator_id, PayoutAccount.world_id == project.world_id


def _look_again(teller: Caller, event: Event, account_id: str | None, *, action: str) -> None:
    with database.reading() as db:
        row = db.scalars(select(PayoutAccount).where(PayoutAccount.account_id == account_id)).one_or_none()
    if row is None or account_id is None:
        stripe_event_log.note(event)
        return
    kind: ProjectKind = "live" if row.world_id == LIVE_WORLD else "sandbox"
    if event.livemode != processors.moves_money(kind):
        raise BadRequest.of("livemode", "This event is not of the processor that holds this account.")
    told = processors.payout_accounts_for(kind, row.world_id).fetch(account_id)
    with database.transaction() as db:
        if stripe_event_log.first_time(db, event):
            row = db.get_one(PayoutAccount, row.id, with_for_update=True)
            _audit(db, teller, row, action, {"charges_enabled": [row.charges_enabled, told.can_be_paid]})
            _note(db, row, told)


def _note(db: Session, row: PayoutAccount, told: ConnectedAccount) -> None:
    """Pay into an account from the next session on, or no longer."""
    row.charges_enabled = told.can_be_paid
    operator = db.get_one(Operator, row.operator_id, with_for_update=True)
    if told.can_be_paid:
        operator.connected_account = told.id
    elif operator.connected_account == told.id:
        operator.connected_account = None


def _audit(db: Session, caller: Caller, row: PayoutAccount, action: str, diff: dict[str, object]) -> None:
    about = ("payout_account", row.id)
    audit.append(db, caller, action, operator_id=row.operator_id, subject=about, diff=diff)
