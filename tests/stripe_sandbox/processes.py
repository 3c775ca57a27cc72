"""Other processes on the same file, for the tests that need some."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stripe_sandbox import Fault, Sandbox
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import Account, open_account


def die(_: float) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def account(path: str, **options: Any) -> Account:
    return open_account(Sandbox(Path(path), clock=UnixClock(), **options), "vail")


def make(path: str, count: str) -> None:
    """Make payments under the keys op_0, op_1, …; print their ids."""
    vail = account(path)
    for number in range(int(count)):
        print(vail.ask(f"op_{number}").id)


def work(path: str) -> None:
    """Pay without end; print a word after every answer."""
    vail = account(path)
    while True:
        intent = vail.ask()
        print("asked", flush=True)
        vail.intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
        print("held", flush=True)
        vail.intents.capture(intent.id, {"amount_to_capture": 2412})
        print("captured", flush=True)


def die_after_commit(path: str, key: str) -> None:
    """Be killed after the processor's commit and before its answer."""
    vail = account(path, sleep=die)
    vail.sandbox.inject(Fault(when="after", status=None, hang_seconds=1))
    vail.ask(key)


COMMANDS: dict[str, Callable[..., None]] = {"make": make, "work": work, "die-after-commit": die_after_commit}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
