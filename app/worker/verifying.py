"""Comparing the ledger with holds, beside all other work: it takes long where much was parked."""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from app.services import ledger_verification
from app.worker.loop import HOURLY, Loop, Sweep, unwatched

log = logging.getLogger("parkgraph.worker")


def report_imbalance(*, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Report every session whose ledger differs from its holds; return how many things are wrong."""
    return ledger_verification.verify(report=_report, goes_on=goes_on).findings


def loops() -> Sequence[Loop]:
    """Return the loop that compares; whoever stops it waits for one page of sessions at most."""
    stopping = threading.Event()
    compare = partial(report_imbalance, goes_on=lambda: not stopping.is_set())
    sweeps = [Sweep("compare the ledger with holds", compare, HOURLY)]
    return [Loop(sweeps, name="verifying", beat=unwatched, stopping=stopping)]


def _report(finding: ledger_verification.Imbalance) -> None:
    log.error("%s", finding)
