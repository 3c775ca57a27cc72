"""One thing done among others: what goes wrong with it must not keep those from their turn."""

import logging
from collections.abc import Callable

from app.domain.errors import GivenUp, ParkGraphError, ServiceUnavailable

log = logging.getLogger("parkgraph.worker")


def guarded(work: Callable[[], int]) -> int:
    """Do one thing and say how much was done; what goes wrong with it is reported, and 0.

    Raises ServiceUnavailable: without a database the others would fail too, each after a long wait.
    """
    try:
        return work()
    except GivenUp:
        log.warning("left for the next round: the database gave it up for another's sake")
    except ServiceUnavailable:
        raise
    except ParkGraphError as refusal:
        log.warning("left for the next round: %s", refusal.message)
    except Exception:
        log.exception("left for the next round")
    return 0
