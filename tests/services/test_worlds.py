"""Who sees which lots."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app import database
from app.domain.callers import LIVE_WORLD
from app.services import installation, worlds
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_project

pytestmark = pytest.mark.usefixtures("db", "time")


@pytest.fixture(autouse=True)
def installed(settings: Settings) -> Iterator[None]:
    """Run under the test's own settings."""
    installation.configure(settings)
    yield
    installation.configure(Settings())


def test_a_sandbox_sees_its_own_world_and_live_projects_share_one() -> None:
    sandbox = make_project(kind="sandbox")
    assert worlds.of(caller_of(sandbox)) == sandbox.id
    assert worlds.of(caller_of(make_project(kind="live"))) == LIVE_WORLD


def test_a_stranger_sees_live_lots_unless_a_sandbox_is_made_public(settings: Settings) -> None:
    assert worlds.of(anyone()) == LIVE_WORLD
    sandbox = make_project()
    installation.configure(replace(settings, public_project=sandbox.id))
    assert worlds.of(anyone()) == sandbox.id
    assert worlds.of(caller_of(make_project(kind="live"))) == LIVE_WORLD


def test_only_a_sandboxs_clock_runs_ahead(time: SetClock) -> None:
    ahead = make_project(clock_runs_ahead=timedelta(days=2))
    with database.reading() as db:
        assert worlds.now(db, ahead.id) == time.at + timedelta(days=2)
        assert worlds.now(db, LIVE_WORLD) == time.at
