"""A server that ends the way a power cut does, at a point of its first call of the payment processor.

`DIES_AT` names the point: `before capture`, `after payment_intents`, or `committed …` for the first commit
after that call. `HOURS_LATER` sets the clock on, past the time for which a key waits for who died with it.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from app import database
from app.cli import main
from app.domain import clock
from stripe_sandbox import InProcessClient
from tests.crashes.child import kill

DIES_AT = "DIES_AT"
HOURS_LATER = "HOURS_LATER"


def doom(when: str, call: str) -> None:
    """Let the process die around its first call whose address has that word in it."""
    send: Callable[..., Any] = InProcessClient.request

    def request(self: InProcessClient, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if method.upper() != "POST" or call not in url:
            return send(self, method, url, *args, **kwargs)
        if when == "before":
            kill()
        answer = send(self, method, url, *args, **kwargs)
        if when == "after":
            kill()
        _die_once_committed()
        return answer

    InProcessClient.request = request  # type: ignore[method-assign] # the wrapping is the point


def _die_once_committed() -> None:
    dialect = database.engine().dialect
    commit: Callable[[Any], None] = dialect.do_commit

    def last(connection: Any) -> None:
        commit(connection)
        kill()

    dialect.do_commit = last  # type: ignore[method-assign] # the wrapping is the point


if __name__ == "__main__":
    if DIES_AT in os.environ:
        doom(*os.environ[DIES_AT].split())
    later = timedelta(hours=int(os.environ.get(HOURS_LATER, "0")))
    with clock.use(lambda: datetime.now(UTC) + later):
        main(prog_name="parkgraph")
