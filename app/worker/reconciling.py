"""Comparing with the processor, beside all other work: one that hangs holds up nothing that falls due."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from app.domain import clock
from app.domain.callers import ProjectKind
from app.domain.errors import BadGateway
from app.services import due, reconciliation, reconciliation_turns, stray_payments
from app.services.stray_payments import Account
from app.worker.guarding import guarded
from app.worker.loop import HOURLY, MINUTELY, Loop, Sweep, unwatched

EVERY_SECONDS: Final = 5.0

log = logging.getLogger("parkgraph.worker")


def compare_holds() -> int:
    """Compare the holds whose turn it is with the processor; return how many differed.

    A processor that does not answer is left alone until the next round.
    """
    caller, away, differences = due.worker(), set[ProjectKind](), 0
    for compared in reconciliation_turns.due_now():
        compare = partial(reconciliation.compare_in_turn, caller, compared)
        differences += guarded(partial(_unless_away, compare, "holds", compared.project_kind, away))
    return differences


def look_for_strays() -> int:
    """Look for payments of nobody's in the accounts whose turn it is; return how many were found."""
    found, away = 0, set[ProjectKind]()
    for account in stray_payments.accounts(due_by=clock.now()):
        found += guarded(partial(_unless_away, partial(_look_back, account), "accounts", account.kind, away))
    return found


def _look_back(account: Account) -> int:
    return len(stray_payments.look_back(account) or ())


def _unless_away(work: Callable[[], int], what: str, kind: ProjectKind, away: set[ProjectKind]) -> int:
    """Do one thing unless the processor of such projects is away, and note it where it is."""
    if kind in away:
        return 0
    try:
        return work()
    except BadGateway as failure:
        log.warning("%s of %s projects are left: %s", what, kind, failure.message)
        away.add(kind)
        return 0


def loops() -> Sequence[Loop]:
    """Return the loop that compares."""
    sweeps = [
        Sweep("mend holds that differ from the processor's", compare_holds, EVERY_SECONDS),
        Sweep("look for payments of no session", look_for_strays, MINUTELY),
        Sweep("report payments taken for no session", stray_payments.report_standing, HOURLY),
    ]
    return [Loop(sweeps, name="reconciling", beat=unwatched)]
