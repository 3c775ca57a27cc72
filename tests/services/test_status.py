"""Readiness, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from app import database
from app.domain.errors import ServiceUnavailable
from app.services import installation, status
from app.settings import Settings
from tests.conftest import SetClock

pytestmark = pytest.mark.usefixtures("db", "time")


def test_a_server_with_a_migrated_database_is_ready() -> None:
    assert status.check() is None


def test_a_server_without_its_database_is_not_ready(settings: Settings) -> None:
    database.configure(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(ServiceUnavailable) as refusal:
        status.check()
    assert "Retry-After" in refusal.value.headers
    database.configure(settings)


@pytest.mark.parametrize(
    "change", ["UPDATE alembic_version SET version_num = '9999'", "DROP TABLE alembic_version"]
)
def test_a_database_of_another_version_is_not_ready(change: str) -> None:
    with database.transaction() as db:
        db.execute(text(change))
    with pytest.raises(ServiceUnavailable, match="migrate") as refusal:
        status.check()
    assert "Retry-After" in refusal.value.headers


def test_a_server_that_embeds_the_worker_is_ready_while_that_goes_round(
    settings: Settings, time: SetClock
) -> None:
    installation.configure(replace(settings, embedded_worker=True))
    status.beat()
    status.check()
    time.move(minutes=4, seconds=59)
    status.check()
    time.move(seconds=1)
    with pytest.raises(ServiceUnavailable, match="worker"):
        status.check()
    status.beat()
    assert status.check() is None


def test_slow_sweeps_are_given_three_rounds(settings: Settings, time: SetClock) -> None:
    installation.configure(replace(settings, embedded_worker=True, sweep_seconds=600.0))
    status.beat()
    time.move(seconds=1_799)
    assert status.check() is None
