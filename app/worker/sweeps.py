"""What the worker does, and how often."""

import logging
from collections.abc import Callable
from functools import partial

from app.domain import clock
from app.services import (
    audit_checkpoints,
    audit_seals,
    availability,
    due,
    idempotency,
    occupancy,
    payment_operations,
    processor_events,
    quotes,
    status,
    traces,
)
from app.worker.guarding import guarded
from app.worker.loop import DAILY, HOURLY, MINUTELY, Sweep

log = logging.getLogger("parkgraph.worker")

TEN_MINUTELY = 10 * 60.0

_routine = partial(Sweep, is_routine=True)


def all_sweeps(*, every: float, send_event: processor_events.Send) -> list[Sweep]:
    """Return every sweep; `send_event` takes the embedded processor's events to our own door."""
    return [
        Sweep("finish pending payment operations", finish_operations, every),
        Sweep("run what fell due", run_due, every),
        _routine(
            "deliver the embedded processor's events", partial(processor_events.deliver, send_event), every
        ),
        _routine("seal new audit entries", audit_seals.seal_recent, every),
        _routine("seal audit entries that came late", audit_seals.Patrol().go_on, MINUTELY),
        _routine("sign audit checkpoints", audit_checkpoints.sign_due, HOURLY),
        _routine("end hours of occupancy", occupancy.end_hours, TEN_MINUTELY),
        _routine("anonymise old searches", forget_searches, MINUTELY),
        Sweep("report payment operations that stay open", report_overdue, MINUTELY),
        Sweep("compare counters with sessions", report_drift, HOURLY),
        _routine("delete old idempotency keys", lambda: idempotency.forget(clock.now()), DAILY),
        _routine("delete old quotes", lambda: quotes.forget(clock.now()), DAILY),
    ]


def finish_operations() -> int:
    """Try every payment operation whose outcome is unknown again; return how many are settled now."""
    caller = due.worker()
    waiting = payment_operations.in_turn(limit=due.BATCH)
    return sum(_done(partial(due.try_again, caller, operation_id)) for operation_id in waiting)


def run_due() -> int:
    """Do what fell due in any project; return how much of it was done."""
    caller, done, last = due.worker(), 0, None
    while items := due.due_now(after=last):
        done += sum(_done(partial(due.run, caller, item)) for item in items)
        last = items[-1]
    return done


def _done(work: Callable[[], bool]) -> int:
    """Do one thing among others, and tell that the worker lives."""
    status.beat()
    return guarded(work)


def forget_searches() -> int:
    """Take what is personal from searches older than a day, some at a time; return how many."""
    forgotten = 0
    while some := traces.forget(clock.now()):
        forgotten += some
    return forgotten


def report_drift() -> int:
    """Report every lot whose counter of free spaces differs from its sessions; return how many."""
    drifted = availability.drifted()
    for drift in drifted:
        log.error("lot %s counts %d free spaces instead of %d", drift.lot_id, drift.free, drift.expected)
    return len(drifted)


def report_overdue() -> int:
    """Report every payment operation, once, that is open for an hour; return how many."""
    return payment_operations.report_overdue(
        lambda operation: log.error(
            "payment operation %s (%s of session %s) has been open since %s; the worker tried it %d times",
            operation.id,
            operation.kind,
            operation.session_id,
            operation.created_at.isoformat(),
            operation.attempts,
        )
    )
