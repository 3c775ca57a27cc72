"""One town for all of this folder, first on SQLite and then on PostgreSQL; both wait for the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fire.town import town
from tests.redis_server import RedisServer, running
from tests.servers import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let nothing run beside a load test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="package", params=["sqlite_databases", "durable_postgres_databases"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a database that this process can look into, too."""
    databases = request.getfixturevalue(request.param)
    url = databases.fresh()
    with town(tmp_path_factory.mktemp("town"), {"PARKGRAPH_DATABASE_URL": url}) as server:
        yield server
    databases.drop(url)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Run a Redis that a test may take away."""
    with running() as server:
        yield server
