"""SIGKILL at every step of creating and ending: nothing acknowledged is lost, nothing charged twice."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app import database
from app.domain import clock
from app.models import AuditEntry, Hold, LotAvailability, ParkingSession, PaymentOperation
from app.services import due, sessions
from app.settings import from_environment
from app.worker import sweeps
from tests.conftest import SetClock
from tests.crashes.child import POINTS, VERBS
from tests.installation import configure
from tests.servers import environment
from tests.services.world import World, make_world

KILLED = -9


@pytest.fixture
def environ(tmp_path: Path, durable_database: dict[str, str]) -> Mapping[str, str]:
    """Describe an installation that processes share; its files are flushed as in production."""
    return environment(tmp_path, **durable_database)


@pytest.fixture
def world(environ: Mapping[str, str], tmp_path: Path) -> Iterator[World]:
    """Live in it."""
    configure(from_environment(environ))
    yield make_world(home=tmp_path)
    database.engine().dispose()


def die(world: World, environ: Mapping[str, str], point: str, verb: str, *words: str) -> None:
    """Let another process begin something and die at a point of it."""
    known = [str(world.project.id), str(world.caller.actor.id), point, verb]
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.crashes.child", *known, *words],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == KILLED, child.stderr


def again(world: World, verb: str, *words: str) -> dict[str, Any]:
    """Send the same request once more, a minute after the restart."""
    with clock.use(SetClock(datetime.now(UTC) + timedelta(seconds=61))):
        return VERBS[verb](world.caller, *words)


def recover(world: World) -> None:
    """Restart: within 60 seconds the worker's sweeps have run at least three times."""
    restarted_at = datetime.now(UTC)
    for seconds in (0, 15, 31, 46, 60):
        with clock.use(SetClock(restarted_at + timedelta(seconds=seconds))):
            sweeps.finish_operations()
            sweeps.run_due()


def open_operations() -> int:
    with database.reading() as db:
        pending = select(func.count()).where(PaymentOperation.state == "pending")
        return db.scalar(pending) or 0


def free_spaces(world: World) -> int:
    with database.reading() as db:
        return db.get_one(LotAvailability, world.lot.id).free


@pytest.mark.parametrize("point", POINTS)
def test_a_session_survives_a_kill_while_it_starts(
    world: World, environ: Mapping[str, str], point: str
) -> None:
    lot, card = str(world.lot.id), "pm_card_visa"
    die(world, environ, point, "start", lot, card)
    recover(world)
    assert open_operations() == 0
    started = again(world, "start", lot, card)
    assert started["payment"] == {"status": "authorized", "authorized": 25.5}
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(ParkingSession)) == 1
        known = set(db.scalars(select(Hold.payment_intent_id)))
    assert world.payment_intents() == known
    assert len(known) == 1
    assert free_spaces(world) == 86


@pytest.mark.parametrize("point", POINTS)
def test_money_survives_a_kill_while_a_session_ends(
    world: World, environ: Mapping[str, str], point: str
) -> None:
    started = VERBS["start"](world.caller, str(world.lot.id), "pm_card_visa")
    due.run_until(world.project.id, datetime.now(UTC) + timedelta(seconds=14_472))
    die(world, environ, point, "end", started["id"], started["session_code"])
    recover(world)
    assert open_operations() == 0
    ended = again(world, "end", started["id"], started["session_code"])
    assert ended["status"] == "completed"
    books = world.books()
    assert books["captured"] == round(ended["subtotal"] * 100)
    assert books["authorized"] == books["captured"] + books["released"]
    assert free_spaces(world) == 87
    with database.reading() as db:
        ends = select(func.count()).where(AuditEntry.action == "session.end")
        assert db.scalar(ends) == 1
    assert sessions.get(world.caller, world.session_ids()[0]).session.status == "completed"
