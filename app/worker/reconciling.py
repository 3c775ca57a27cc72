"""Comparing with the processor, beside all other work: one that hangs holds up nothing that falls due."""

import logging
from collections.abc import Sequence
from typing import Final

from app.domain import clock
from app.domain.errors import BadGateway
from app.services import due, reconciliation, stray_payments
from app.worker.loop import Loop, Sweep

EVERY_SECONDS: Final = 5.0
MINUTELY: Final = 60.0
HOURLY: Final = 60 * 60.0

log = logging.getLogger("parkgraph.worker")


def compare_holds() -> int:
    """Compare the holds whose turn it is with the processor; return how many differed."""
    return reconciliation.compare_due(due.worker())


def look_for_strays() -> int:
    """Look for payments of nobody's in the accounts whose turn it is; return how many were found."""
    found = 0
    for account in stray_payments.accounts(due_by=clock.now()):
        try:
            found += len(stray_payments.look_back(account) or ())
        except BadGateway as failure:
            log.warning("left for a later round: %s", failure.message)
            return found
    return found


def loops() -> Sequence[Loop]:
    """Return the loop that compares."""
    sweeps = [
        Sweep("mend holds that differ from the processor's", compare_holds, EVERY_SECONDS),
        Sweep("look for payments of no session", look_for_strays, MINUTELY),
        Sweep("report payments taken for no session", stray_payments.report_standing, HOURLY),
    ]
    return [Loop(sweeps, name="reconciling", beat=lambda: None)]
