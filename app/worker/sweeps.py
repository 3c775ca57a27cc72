"""What the worker does, and how often."""

from app.domain import clock
from app.services import due, idempotency, processor_events, traces
from app.worker.loop import Sweep

DAILY = 24 * 60 * 60.0
MINUTELY = 60.0


def all_sweeps(*, every: float, send_event: processor_events.Send) -> list[Sweep]:
    """Return every sweep; `send_event` takes the embedded processor's events to our own door."""
    return [
        Sweep("finish pending payment operations", finish_operations, every),
        Sweep("run what fell due", run_due, every),
        Sweep("deliver the embedded processor's events", lambda: processor_events.deliver(send_event), every),
        Sweep("anonymise old searches", forget_searches, MINUTELY),
        Sweep("delete old idempotency keys", lambda: idempotency.forget(clock.now()), DAILY),
    ]


def finish_operations() -> int:
    """Try every payment operation whose outcome is unknown again; return how many are settled now."""
    caller = due.worker()
    return sum(due.finish_operation(caller, operation_id) for operation_id in due.pending_operations())


def run_due() -> int:
    """Do what fell due in any project; return how much that was."""
    caller = due.worker()
    items = due.due_now()
    for item in items:
        due.run(caller, item)
    return len(items)


def forget_searches() -> int:
    """Take what is personal from searches older than a day, some at a time; return how many."""
    forgotten = 0
    while some := traces.forget(clock.now()):
        forgotten += some
    return forgotten
