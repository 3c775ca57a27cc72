"""API keys: only their hashes are stored, and each is shown once (product decision 20)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import database
from app.domain import api_keys, clock
from app.domain.callers import Caller, ProjectRef
from app.domain.errors import BadRequest, Conflict, Detail, Forbidden, NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.names import require_name
from app.models import Agent, ApiKey
from app.presenters.pages import Page
from app.services import audit, events, idempotency, key_memory, key_readings, projects
from app.services import scopes as rights
from app.services.idempotency import Answer, Claim


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its text, which only the first answer shows."""

    record: ApiKey
    text: str | None = field(repr=False)


def create(
    caller: Caller,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    once: Once | None = None,
) -> Answer[NewKey]:
    """Make a key for the caller's project.

    Raise BadRequest for a name that is none, for a scope that there is not and for an expiry in the past,
    Forbidden for scopes beyond the project's plan.
    """
    project = projects.of(caller)

    def work(claim: Claim) -> NewKey:
        require_name(name)
        rights.require_known(scopes)
        _require_future(expires_at)
        _require_plan(project, scopes)
        key_id = uuid7()
        with database.transaction() as db:
            claim.settle(db, key_id)
            return add(db, caller, project, name=name, scopes=scopes, expires_at=expires_at, key_id=key_id)

    return idempotency.perform(caller, once, work=work, again=_shown_again)


def add(
    db: Session,
    caller: Caller,
    project: ProjectRef,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    key_id: UUID | None = None,
) -> NewKey:
    """Make a key for a project in an open transaction."""
    made = _insert(
        db,
        project,
        id=key_id or uuid7(),
        name=name,
        scopes=sorted(set(scopes)),
        budgets={},
        expires_at=expires_at,
    )
    key = made.record
    _note(db, caller, "key.create", key, name=name, scopes=key.scopes, expires_at=expires_at)
    return made


def page(caller: Caller, *, limit: int, cursor: UUID | None = None) -> Page[ApiKey]:
    """Return the keys of the caller's project, newest first, those aside that were revoked."""
    project = projects.of(caller)
    wanted = select(ApiKey).where(ApiKey.project_id == project.id, ApiKey.revoked_at.is_(None))
    if cursor is not None:
        wanted = wanted.where(ApiKey.id < cursor)
    with database.reading() as db:
        found = list(db.scalars(wanted.order_by(ApiKey.id.desc()).limit(limit + 1)))
    shown = found[:limit]
    return Page(shown, next_cursor=str(shown[-1].id) if len(found) > limit else None)


def rotate(caller: Caller, key_id: UUID, *, once: Once | None = None) -> Answer[NewKey]:
    """Replace a key by a new one with its name, scopes, budgets and expiry.

    Once this has returned, no worker of any machine takes the old key. Raise NotFound for a key that is not
    the project's, Conflict for the calling key itself and for one that expired.
    """

    def work(claim: Claim) -> NewKey:
        _refuse_own(caller, key_id)
        new_id = uuid7()
        with database.transaction() as db:
            claim.settle(db, new_id)
            return _replace(db, caller, key_id, new_id)

    answer = idempotency.perform(caller, once, work=work, again=_shown_again)
    key_memory.forget()  # an answer given again, too: whoever worked for the first may have died before this
    return answer


def _replace(db: Session, caller: Caller, key_id: UUID, new_id: UUID) -> NewKey:
    old = _standing(db, caller, key_id)
    if key_readings.is_over(old.expires_at):
        raise Conflict.of("key_id", "This key has expired. Create a new one.")
    old.revoked_at = clock.now()
    project = projects.ref_of(db, old.project_id)
    made = _insert(
        db,
        project,
        id=new_id,
        name=old.name,
        scopes=old.scopes,
        budgets=old.budgets,
        expires_at=old.expires_at,
    )
    db.execute(update(Agent).where(Agent.api_key_id == old.id).values(api_key_id=new_id))
    _note(db, caller, "key.rotate", made.record, replaces=old.id)
    events.of_rotated_key(db, made.record, project, replaces=old.id)
    return made


def delete(caller: Caller, key_id: UUID, *, once: Once | None = None) -> Answer[None]:
    """Revoke a key for good; raise as `rotate` does, but take an expired one."""

    def work(claim: Claim) -> None:
        _refuse_own(caller, key_id)
        with database.transaction() as db:
            claim.settle(db, key_id)
            key = _standing(db, caller, key_id)
            key.revoked_at = clock.now()
            _note(db, caller, "key.delete", key)

    answer = idempotency.perform(caller, once, work=work, again=lambda _: None)
    key_memory.forget()
    return answer


def limit(caller: Caller, key_id: UUID, *, budget: str, per_minute: int) -> ApiKey:
    """Set what a key may spend of a budget, in requests per minute; 0 goes back to the contract's."""
    with database.transaction() as db:
        key = _standing(db, caller, key_id)
        others = {name: granted for name, granted in key.budgets.items() if name != budget}
        key.budgets = others | ({budget: per_minute} if per_minute else {})
        _note(db, caller, "key.limit", key, budget=budget, per_minute=per_minute)
    key_memory.forget()
    return key


def _require_future(expires_at: datetime | None) -> None:
    if key_readings.is_over(expires_at):
        raise BadRequest.of("expires_at", "This instant has passed already.")


def _require_plan(project: ProjectRef, scopes: Sequence[str]) -> None:
    if missing := rights.beyond(project.plan, scopes):
        message = f"The plan {project.plan} does not include {', '.join(missing)}."
        raise Forbidden(message, details=[Detail("scopes", message)])


def _refuse_own(caller: Caller, key_id: UUID) -> None:
    if caller.actor.type == "api_key" and caller.actor.id == str(key_id):
        raise Conflict.of("key_id", "A key cannot rotate or delete itself. Use another key.")


def _insert(db: Session, project: ProjectRef, **values: object) -> NewKey:
    text = api_keys.make(project.kind)
    key = ApiKey(
        project_id=project.id,
        key_hash=api_keys.hash_of(text),
        last_four=api_keys.last_four(text),
        created_at=clock.now(),
        **values,
    )
    db.add(key)
    db.flush()
    return NewKey(key, text)


def _standing(db: Session, caller: Caller, key_id: UUID) -> ApiKey:
    """Lock a key that the caller may change: its own project's, or on the command line anybody's."""
    mine = () if caller.actor.type == "operator_cli" else (ApiKey.project_id == projects.of(caller).id,)
    wanted = select(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), *mine)
    key = db.scalars(wanted.with_for_update()).first()
    if key is None:
        raise NotFound("There is no API key with this id.")
    return key


def _shown_again(key_id: str) -> NewKey:
    with database.reading() as db:
        return NewKey(db.get_one(ApiKey, UUID(key_id)), text=None)


def _note(db: Session, caller: Caller, action: str, key: ApiKey, **diff: object) -> None:
    project = projects.ref_of(db, key.project_id)  # the key's, also where the command line acts for none
    audit.append(
        db,
        caller._replace(project=project),
        action,
        operator_id=project.operator_id,
        subject=("api_key", key.id),
        diff=diff,
    )
