"""A sandbox of the test's own, a clock to move, and the real SDK in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.drivers import Account, open_account

EVENING = 1_795_372_200.0
"""22 November 2026, 18:30 UTC, in Unix seconds."""


class UnixClock:
    """The processor's clock, standing still until a test moves it."""

    def __init__(self) -> None:
        self.at = EVENING

    def __call__(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def unix() -> UnixClock:
    return UnixClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "processor.sqlite3"


@pytest.fixture
def naps() -> list[float]:
    """What the sandbox would have slept."""
    return []


@pytest.fixture
def sandbox(path: Path, unix: UnixClock, naps: list[float]) -> Iterator[Sandbox]:
    stripe.enable_telemetry = False
    sandbox = Sandbox(path, clock=unix, sleep=naps.append)
    yield sandbox
    sandbox.close()


@pytest.fixture
def vail(sandbox: Sandbox) -> Account:
    """The account of the world `vail`, with an operator's connected account in it."""
    return open_account(sandbox, "vail")
