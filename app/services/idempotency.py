"""Carry out a request once, however often it is sent (product decision 10).

A key is claimed by inserting its row in the very transaction that makes the subject, so there is no moment
at which one of the two is known without the other. Kept are the subject and a definite refusal, never an
answer's text: the answer is presented again, and no plate is stored.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import (
    BadRequest,
    Conflict,
    Detail,
    IdempotencyKeyReused,
    NotFound,
    ParkGraphError,
    PaymentRequired,
)
from app.domain.idempotency import Once
from app.models import IdempotencyKey
from app.queries import Row
from app.services import rows
from app.services.rows import Values

T = TypeVar("T")

LOCK = timedelta(seconds=30)
"""Longer than any request takes; after it, a key whose holder died may be taken over."""
KEPT_FOR = timedelta(days=7)
_AT_ONCE = 1_000
_FIND = select(IdempotencyKey.__table__).where(
    IdempotencyKey.scope == bindparam("scope"), IdempotencyKey.key == bindparam("key")
)
KEPT_REFUSALS: dict[str, type[ParkGraphError]] = {
    kind.code: kind for kind in (BadRequest, PaymentRequired, NotFound)
}


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a use case gives back, and whether it is a first answer given again."""

    value: T
    replayed: bool = False


class _Taken(Exception):
    """Another request with the same key was faster."""


class Claim:
    """The right to carry out the request of one key; without a key, a formality."""

    def __init__(self, scope: str, once: Once | None) -> None:
        self.scope = scope
        self.once = once
        self._subject_id: str | None = None
        """What this request claimed the key for; None while the key may be another request's."""

    @property
    def was_entered(self) -> bool:
        """Tell whether this request came as far as to claim its key."""
        return self._subject_id is not None

    def enter(self, db: Session, subject_id: object, *, finished: bool = False) -> None:
        """Claim the key for a subject, as the first statement of the transaction that makes it."""
        if self.once is None:
            return
        if not self._add(db, self.once, subject_id=str(subject_id), finished=finished):
            raise _Taken
        self._subject_id = str(subject_id)

    def withdraw(self) -> None:
        """Forget that the key was entered, where the transaction that did it was rolled back."""
        self._subject_id = None

    def settle(self, db: Session, subject_id: object) -> None:
        """Claim the key for work that this one transaction completes."""
        self.enter(db, subject_id, finished=True)

    def finish(self, db: Session) -> None:
        """Note, in the transaction that completes the work, that the first answer stands."""
        self._change(db, {"finished": True})

    def note(self, db: Session, progress: Mapping[str, Any]) -> None:
        """Keep how far the work is, in the transaction of a part of it; nobody takes over before the next."""
        self._change(db, {"progress": dict(progress), "locked_until": clock.now() + LOCK})

    def refuse(self, refusal: ParkGraphError) -> None:
        """Keep a definite refusal as the first answer."""
        if self.once is None:
            return
        with database.transaction() as db:
            if not self._add(db, self.once, finished=True, error=_packed(refusal)):
                kept = {"finished": True, "error": _packed(refusal)}
                self._change(db, kept, provided={"finished": False})

    def let_go(self) -> None:
        """Allow the same request to be tried again at once."""
        if self.once is None or not self.was_entered:
            return  # nobody waits for the database's writer over a key that was never claimed
        with database.transaction() as db:
            self._change(db, {"locked_until": clock.now()})

    def take_over(self, row: Row) -> bool:
        """Continue for a holder that died; false if somebody else was faster."""
        self._subject_id = row.subject_id
        seen = {"locked_until": row.locked_until}
        with database.transaction() as db:
            return self._change(db, {"locked_until": clock.now() + LOCK}, provided=seen)

    def _add(self, db: Session, once: Once, **values: Any) -> bool:
        now = clock.now()
        row = {
            "scope": self.scope,
            "key": once.key,
            "fingerprint": once.fingerprint,
            "locked_until": now + LOCK,
            "created_at": now,
            **values,
        }
        return rows.add_unless_there(db, IdempotencyKey, row)

    def _change(self, db: Session, to: Values, *, provided: Values | None = None) -> bool:
        """Change the key if it is still this request's, and still as `provided`."""
        if self.once is None or self._subject_id is None:
            return False
        mine = {
            "scope": self.scope,
            "key": self.once.key,
            "fingerprint": self.once.fingerprint,
            "subject_id": self._subject_id,
        }
        return rows.change(db, IdempotencyKey, by={**mine, **(provided or {})}, to=to)


def perform(
    caller: Caller,
    once: Once | None,
    *,
    work: Callable[[Claim], T],
    again: Callable[[str], T],
    resume: Callable[[Claim, str], T] | None = None,
) -> Answer[T]:
    """Do `work` unless its key was used before; then present its subject `again`.

    `resume` continues work whose first transaction stands but whose end is unknown (default: `again`).
    Raises Conflict while the first request still runs, IdempotencyKeyReused for another request's key.
    """
    claim = Claim(_scope_of(caller), once)
    if once is None:
        return Answer(work(claim))
    row = _find(claim.scope, once.key)
    if row is None:
        try:
            return Answer(_guarded(claim, lambda: work(claim)))
        except _Taken:
            row = _find(claim.scope, once.key)
        except Conflict:  # what stands in the way may be the work of a twin that was faster
            row = None if claim.was_entered else _find(claim.scope, once.key)
            if row is None or row.fingerprint != once.fingerprint:
                raise
    return _repeat(claim, once, row, again=again, resume=resume)


def progress(caller: Caller, once: Once | None) -> Mapping[str, Any] | None:
    """Return what the work under a key noted last; None where it came to nothing yet."""
    row = None if once is None else _find(_scope_of(caller), once.key)
    return None if row is None else row.progress


def _repeat(
    claim: Claim,
    once: Once,
    row: Row | None,
    *,
    again: Callable[[str], T],
    resume: Callable[[Claim, str], T] | None,
) -> Answer[T]:
    if row is None:
        raise _still_running()
    if row.fingerprint != once.fingerprint:
        raise IdempotencyKeyReused("This idempotency key was used for another request. Use a new key.")
    if row.finished:
        return _first_answer(row, again=again)
    if row.locked_until > clock.now() or not claim.take_over(row):
        raise _still_running()
    subject_id = str(row.subject_id)
    carry_on = (lambda: again(subject_id)) if resume is None else (lambda: resume(claim, subject_id))
    value = _guarded(claim, carry_on)
    with database.transaction() as db:
        claim.finish(db)
    return Answer(value, replayed=True)


def _first_answer(row: Row, *, again: Callable[[str], T]) -> Answer[T]:
    if row.error is not None:
        raise _unpacked(row.error)
    return Answer(again(str(row.subject_id)), replayed=True)


def _guarded(claim: Claim, work: Callable[[], T]) -> T:
    try:
        return work()
    except _Taken:
        raise
    except ParkGraphError as refusal:
        if refusal.code in KEPT_REFUSALS:
            claim.refuse(refusal)
        else:
            claim.let_go()
        raise
    except Exception:
        claim.let_go()
        raise


def _find(scope: str, key: str) -> Row | None:
    with queries.reading() as read:
        found = read(_FIND, {"scope": scope, "key": key})
    return found[0] if found else None


def _scope_of(caller: Caller) -> str:
    if caller.actor.id is not None:
        return f"{caller.actor.type}:{caller.actor.id}"
    # Strangers share no keys: each address is its own scope, and only a digest of it is stored.
    return f"address:{hashlib.sha256((caller.address or '').encode()).hexdigest()[:40]}"


def _still_running() -> Conflict:
    return Conflict("The first request with this idempotency key still runs.", headers={"Retry-After": "1"})


def _packed(refusal: ParkGraphError) -> dict[str, Any]:
    details = [{"field": detail.field, "message": detail.message} for detail in refusal.details]
    return {"code": refusal.code, "message": refusal.message, "details": details}


def _unpacked(error: dict[str, Any]) -> ParkGraphError:
    details = [Detail(detail["field"], detail["message"]) for detail in error["details"]]
    kind = KEPT_REFUSALS[error["code"]]
    return kind(error["message"], details=details, headers={"Idempotent-Replayed": "true"})


def forget(now: datetime) -> int:
    """Delete keys older than seven days, some at a time so that nobody waits long; return how many."""
    forgotten = 0
    while some := _forget_some(now):
        forgotten += some
    return forgotten


def _forget_some(now: datetime) -> int:
    key = IdempotencyKey.scope, IdempotencyKey.key
    old = select(*key).where(IdempotencyKey.created_at < now - KEPT_FOR).limit(_AT_ONCE)
    with database.transaction() as db:
        forgotten = delete(IdempotencyKey).where(tuple_(*key).in_(old)).returning(IdempotencyKey.key)
        return len(db.scalars(forgotten).all())
