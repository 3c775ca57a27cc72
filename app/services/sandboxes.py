"""Sandboxes: worlds of one's own to try everything in, whose clocks can be moved (product decision 18)."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Caller, Plan, ProjectRef
from app.domain.errors import Conflict, Forbidden
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.gateways import processors
from app.models import Operator, Project
from app.services import (
    audit,
    due,
    idempotency,
    installation,
    keys,
    operators,
    projects,
    scopes,
    synthetic_lots,
)
from app.services.idempotency import Answer, Claim
from app.services.projects import MICROSECOND, SimulatedDriver

FURTHEST_AHEAD = timedelta(days=3650)
OPERATOR_NAME = "Synthetic Parking"

_SECOND = timedelta(seconds=1)
# Enough that two sandboxes rarely wait for each other, and no table of locks that only grows.
_locks = tuple(threading.Lock() for _ in range(64))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox, with its keys where this answer shows them."""

    project_id: UUID
    plan: Plan
    now: datetime
    api_key: str | None = field(default=None, repr=False)
    operator_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """A sandbox's time, and by how many seconds it runs ahead."""

    now: datetime
    offset_seconds: int


def create(
    caller: Caller,
    *,
    plan: Plan = "growth",
    simulated_driver: SimulatedDriver = "prompt",
    once: Once | None = None,
) -> Answer[Sandbox]:
    """Make an operator with a sandbox project, synthetic lots, two keys, and an account at the processor."""

    def work(claim: Claim) -> Sandbox:
        project_id = uuid7()
        account = _open_account(project_id)
        with database.transaction() as db:
            claim.settle(db, project_id)
            operator = operators.add(db, caller, name=OPERATOR_NAME, plan=plan, connected_account=account)
            return _furnish(db, caller, operator, project_id, simulated_driver)

    return idempotency.perform(caller, once, work=work, again=_without_keys)


def _open_account(project_id: UUID) -> str | None:
    if installation.settings().payments_sandbox != "embedded":
        return None  # an account at Stripe takes an onboarding, even in test mode
    return processors.embedded().open_world(project_id)


def _furnish(
    db: Session, caller: Caller, operator: Operator, project_id: UUID, simulated_driver: SimulatedDriver
) -> Sandbox:
    project = projects.add(
        db,
        caller,
        operator_id=operator.id,
        name="Sandbox",
        kind="sandbox",
        project_id=project_id,
        simulated_driver=simulated_driver,
    )
    now = clock.now()
    synthetic_lots.place(db, world_id=project.id, operator_id=operator.id, at=now)
    ref = projects.ref(project, operator)
    driving = scopes.DRIVING & scopes.allowed(ref.plan)
    api_key = keys.add(db, caller, ref, name="Sandbox", scopes=sorted(driving))
    operator_key = keys.add(db, caller, ref, name="Sandbox operator", scopes=sorted(driving | {"operator"}))
    audit.append(
        db,
        caller,
        "sandbox.create",
        operator_id=operator.id,
        subject=("project", project.id),
        diff={"plan": ref.plan, "simulated_driver": simulated_driver},
    )
    return Sandbox(project.id, ref.plan, now, api_key=api_key.text, operator_key=operator_key.text)


def _without_keys(project_id: str) -> Sandbox:
    with database.reading() as db:
        project = db.get_one(Project, UUID(project_id))
        plan = projects.ref_of(db, project.id).plan
    return Sandbox(project.id, plan, now=project.created_at)


def advance(caller: Caller, *, seconds: int, once: Once | None = None) -> Answer[Clock]:
    """Move a sandbox's clock ahead and return once all that fell due on the way is done.

    Raise Forbidden for a live project, Conflict beyond ten years in all or with Stripe's own test mode,
    BadGateway where the processor did not answer: the same idempotency key then goes on from there.
    """
    project = projects.of(caller)
    _require_own_clock(project)

    def work(claim: Claim) -> Clock:
        reached = _reach(project.id, _intend(caller, project, seconds, claim))
        with database.transaction() as db:
            claim.finish(db)
        return reached

    def resume(_: Claim, subject: str) -> Clock:
        return _reach(project.id, _read(subject))

    return idempotency.perform(caller, once, work=work, again=_read, resume=resume)


def _require_own_clock(project: ProjectRef) -> None:
    if project.kind != "sandbox":
        raise Forbidden("Only a sandbox has a clock that can be moved. Use a pk_test_ key.")
    if installation.settings().payments_sandbox == "stripe-test":
        raise Conflict("Stripe's own test mode runs on real time, so this clock cannot be moved.")


def _intend(caller: Caller, project: ProjectRef, seconds: int, claim: Claim) -> Clock:
    """Write down where the clock is to go, so that two advances at once, even in two processes, add up.

    No move waits for another one before, so that whoever asks for it again is told at once that it runs.
    """
    with database.transaction() as db:
        raised = Project.clock_goal_seconds + seconds
        goal = db.scalars(
            update(Project)
            .where(Project.id == project.id, raised <= FURTHEST_AHEAD // _SECOND)
            .values(clock_goal_seconds=raised)
            .returning(Project.clock_goal_seconds)
        ).first()
        if goal is None:
            raise Conflict.of("advance_seconds", "A sandbox's clock runs at most ten years ahead.")
        intended = Clock(clock.now() + goal * _SECOND, goal)
        claim.enter(db, _written(intended))
        audit.append(
            db,
            caller,
            "clock.advance",
            operator_id=project.operator_id,
            subject=("project", project.id),
            diff={"advance_seconds": seconds, "offset_seconds": goal},
        )
    return intended


def _reach(project_id: UUID, intended: Clock) -> Clock:
    ahead = intended.offset_seconds * _SECOND
    with _locks[project_id.int % len(_locks)]:
        due.run_until(project_id, clock.now() + ahead)
        # The way there took real time, which the offset must not lose.
        offset = ahead // MICROSECOND
        with database.transaction() as db:
            behind = Project.id == project_id, Project.clock_offset < offset
            db.execute(update(Project).where(*behind).values(clock_offset=offset))
        processors.embedded().set_clock(project_id, clock.now() + ahead)
    return intended


def _written(clock_: Clock) -> str:
    return f"{clock_.offset_seconds}@{clock_.now.isoformat()}"


def _read(subject: str) -> Clock:
    offset, _, now = subject.partition("@")
    return Clock(datetime.fromisoformat(now), int(offset))
