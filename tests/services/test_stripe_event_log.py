"""Which events of the processor are remembered, and for how long, on both databases."""

import pytest
from sqlalchemy import insert, select

from app import database
from app.domain import clock
from app.models import StripeEvent
from app.services import stripe_event_log
from app.worker import telling
from tests.conftest import SetClock


@pytest.mark.usefixtures("db")
def test_what_was_applied_is_remembered_for_thirty_days(
    time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_event_log, "_AT_ONCE", 2)
    note(*(f"evt_old_{number}" for number in range(5)))
    time.move(days=1)
    note("evt_new")
    time.move(days=29)
    assert prune() == 0
    time.move(seconds=1)
    assert prune() == 5
    assert known() == ["evt_new"]


def note(*event_ids: str) -> None:
    from_now = {"type": "charge.refunded", "received_at": clock.now()}
    with database.transaction() as db:
        db.execute(insert(StripeEvent), [{"id": event_id, **from_now} for event_id in event_ids])


def known() -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(StripeEvent.id)))


def prune() -> int:
    """Run the sweep that does it, as the worker knows it by name."""
    sweeps = [sweep for loop in telling.loops() for sweep in loop._sweeps]
    [sweep] = (each for each in sweeps if each.name == "delete old events of the processor")
    return sweep.run()
