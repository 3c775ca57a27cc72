"""What every test may ask for: a database of its own on SQLite and on PostgreSQL, and a clock to set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import database
from app.domain import clock
from app.gateways import mail, processors
from app.services import batches, installation
from app.settings import Settings
from tests.databases import PostgresDatabases, SqliteDatabases, postgres, well_read

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
"""The Vail evening on which tests take place, unless they say otherwise."""


class SetClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = EVENING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass: `move(minutes=11)`."""
        self.at += timedelta(**by)


@pytest.fixture
def time() -> Iterator[SetClock]:
    """Stand still on the Vail evening."""
    source = SetClock()
    with clock.use(source):
        yield source


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Make SQLite databases for this run."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """Run one PostgreSQL server for this run."""
    with postgres() as databases:
        yield databases


@pytest.fixture(scope="session")
def durable_postgres_databases() -> Iterator[PostgresDatabases]:
    """Run one PostgreSQL server that waits for the disk, for tests of crashes and of load."""
    with postgres(durable=True) as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the test an empty, migrated database of its own, once of each kind."""
    yield from _fresh(request)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Give the tests of a file, and the server that they share, a database; once of each kind."""
    yield from ({"PARKGRAPH_DATABASE_URL": url} for url in _fresh(request))


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Give the test a database that waits for the disk as in production, once of each kind."""
    yield from ({"PARKGRAPH_DATABASE_URL": url} for url in _fresh(request, postgres="durable_postgres"))


def _fresh(request: pytest.FixtureRequest, *, postgres: str = "postgres") -> Iterator[str]:
    kinds = {"sqlite": "sqlite_databases", "postgresql": f"{postgres}_databases"}
    databases = request.getfixturevalue(kinds[request.param])
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Describe an installation on the test's database and in a folder of its own."""
    return Settings(
        home=tmp_path,
        database_url=database_url,
        processor_path=tmp_path / "processor.sqlite3",
        audit_key_path=tmp_path / "audit-key.pem",
        webhook_key_path=tmp_path / "webhook-key",
        threads=8,
    )


@pytest.fixture
def db(settings: Settings) -> Iterator[None]:
    """Connect the process to the test's database and folder, and leave nothing to write behind."""
    engine = well_read(database.configure(settings))
    installation.configure(settings)
    yield
    batches.flush()
    engine.dispose()


@pytest.fixture
def services(db: None, settings: Settings) -> Iterator[None]:
    """Let services run as in an installation: database, payment processors and settings."""
    installation.configure(settings)
    processors.configure(settings)
    mail.configure(settings)
    yield
    processors.close()
