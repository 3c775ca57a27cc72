"""A Redis for this folder, and a clock that ticks when told."""

from collections.abc import Iterator

import pytest

from app.settings import Settings
from tests.http.site import Site, contract, site
from tests.redis_server import RedisServer, running


class Ticker:
    """A monotonic clock in a test's hand, in seconds."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds


@pytest.fixture
def ticker() -> Ticker:
    """Count seconds from a thousand."""
    return Ticker()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Run one Redis for the tests that leave it running."""
    with running() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Give an empty Redis."""
    redis_server.client.flushall()
    return redis_server.url


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """Run a Redis that the test may break."""
    with running() as server:
        yield server


def generous(**changes: object) -> Settings:
    """Describe an installation whose budgets no test uses up."""
    budgets = dict.fromkeys(contract().budgets, 1_000_000)
    return Settings(threads=4, **{"budgets": budgets, **changes})


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    """Run the chain with handlers that tell what they were given."""
    with site(settings=generous()) as made:
        yield made
