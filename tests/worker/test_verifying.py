"""The ledger is compared with holds beside all other work, which never waits for it."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from app import database
from app.models import Hold
from app.services import ledger_verification
from app.services.ledger_verification import Imbalance, Verdict
from app.worker import sweeps, verifying
from tests.conftest import SetClock
from tests.services.parking import end, start
from tests.services.world import make_world


def test_the_worker_has_a_loop_that_compares_and_no_sweep_beside_others(
    services: None, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world()
    facts = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    end(world, facts)
    with database.transaction() as db:
        db.execute(update(Hold).values(captured_minor=700))
    [loop] = verifying.loops()
    loop.go_round()
    assert f"session {facts.session.id}: the holds kept 7.00 USD" in caplog.text
    named = {sweep.name for sweep in sweeps.all_sweeps(every=15, send_event=lambda *_: True)}
    assert not [name for name in named if "ledger" in name]


def test_whoever_stops_waits_for_no_whole_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way = threading.Event()

    def endless(*, report: Callable[[Imbalance], object], goes_on: Callable[[], bool]) -> Verdict:
        while goes_on():
            under_way.set()
        return Verdict()

    monkeypatch.setattr(ledger_verification, "verify", endless)
    [loop] = verifying.loops()
    loop.start()
    assert under_way.wait(10)
    loop.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "verifying"]
