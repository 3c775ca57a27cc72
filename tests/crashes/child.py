"""A process that starts or ends a session and kills itself at a point that the test names.

Product code has no fail points: the engine's commits and the processor's transport are wrapped from outside.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from app import database
from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters.sessions import present
from app.services import sessions
from app.services.session_starts import Order
from app.settings import from_environment
from stripe_sandbox import InProcessClient
from tests.factories import caller_of_project
from tests.installation import configure

POINTS = [
    "before commit 1",
    "after commit 1",
    "before call",
    "after call",
    "before commit 2",
    "after commit 2",
]


def kill() -> None:
    """End this process the way a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Kill at the n-th commit or at the call that changes something, before or after it."""
    when, what, *number = point.split()
    if what == "call":
        _wrap_transport(when)
    else:
        _count_commits(when, int(number[0]))


def _count_commits(when: str, number: int) -> None:
    dialect = database.engine().dialect
    commit: Callable[[Any], None] = dialect.do_commit
    seen = 0

    def count(connection: Any) -> None:
        nonlocal seen
        seen += 1
        if (when, seen) == ("before", number):
            kill()
        commit(connection)
        if seen == number:
            kill()

    dialect.do_commit = count  # type: ignore[method-assign] # the wrapping is the point


def _wrap_transport(when: str) -> None:
    send: Callable[..., Any] = InProcessClient.request

    def request(self: InProcessClient, method: str, *args: Any, **kwargs: Any) -> Any:
        if method.upper() != "POST":
            return send(self, method, *args, **kwargs)
        if when == "before":
            kill()
        answer = send(self, method, *args, **kwargs)
        kill()
        return answer

    InProcessClient.request = request  # type: ignore[method-assign] # the wrapping is the point


def start(caller: Caller, lot_id: str, card: str) -> dict[str, Any]:
    """Start a session under a key."""
    order = Order(lot_id=UUID(lot_id), plate="CO-7891", payment_method=card)
    return present(sessions.start(caller, order, Once("start", "f" * 64)).value)


def end(caller: Caller, session_id: str, code: str) -> dict[str, Any]:
    """End a session under a key."""
    once = Once("end", "e" * 64)
    return present(sessions.end(caller, UUID(session_id), session_code=code, once=once).value)


VERBS: dict[str, Callable[..., dict[str, Any]]] = {"start": start, "end": end}


def main() -> None:
    """Do one thing, or die at a point of it: `child PROJECT KEY POINT start|end …`."""
    project_id, key_id, point, verb, *words = sys.argv[1:]
    configure(from_environment())
    arm(point)
    VERBS[verb](caller_of_project(UUID(project_id), key_id=UUID(key_id)), *words)


if __name__ == "__main__":
    main()
