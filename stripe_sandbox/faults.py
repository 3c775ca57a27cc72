"""Failures on demand, so that tests can see what a caller makes of them. There is no way in over HTTP."""

import re
import threading
from dataclasses import dataclass, replace
from typing import Literal

from stripe_sandbox.refusals import Thing


class ConnectionLost(Exception):
    """The answer never arrives: the in-process transport turns this into the SDK's APIConnectionError."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, once, at the next request whose method and path match.

    `when` is seen from the work that the request asks for: `before` it nothing is done, `after` it all is
    done and only the answer suffers.
    """

    path: str = ".*"
    method: Literal["GET", "POST"] = "POST"
    when: Literal["before", "after"] = "before"
    status: int | None = 500
    """What is answered; None leaves the answer as it is, to be late only."""
    hang_seconds: float = 0.0
    lost: bool = False
    """The connection breaks instead of an answer."""
    remembered: bool = False
    """The failure is what the idempotency key replays, for 24 hours: Stripe v1's replayed 500."""
    spares: int = 0
    """How many matching requests it lets pass before: a processor that flaps spares one each time."""

    @property
    def prevents_work(self) -> bool:
        """Tell whether the request fails before anything was done."""
        return self.when == "before" and (self.lost or self.status is not None)

    def body(self) -> Thing:
        """Return the error that is answered."""
        return {"error": {"type": "api_error", "message": f"Injected fault {self.when} the work."}}


class Faults:
    """The failures that still wait for their request."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._guard = threading.Lock()

    def inject(self, fault: Fault) -> None:
        """Let something go wrong once."""
        with self._guard:
            self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request meets, if any, and strike it off."""
        with self._guard:
            for place, fault in enumerate(self._waiting):
                if fault.method != method or not re.fullmatch(fault.path, path):
                    continue
                if fault.spares:
                    self._waiting[place] = replace(fault, spares=fault.spares - 1)
                    return None
                return self._waiting.pop(place)
        return None

    def forget(self) -> None:
        """Let nothing go wrong any more."""
        with self._guard:
            self._waiting.clear()
