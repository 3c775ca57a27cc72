"""An operator sets a lot's rates: a new version each time, which sessions that run never see."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import BadRequest, IdempotencyKeyReused, NotFound
from app.domain.idempotency import Once
from app.domain.money import Money
from app.domain.prices import Prices
from app.domain.tariffs import Tariff
from app.models import AuditEntry, Lot
from app.models import Tariff as TariffRow
from app.presenters.sessions import present
from app.services import audit, inventory, lots, rates
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_project
from tests.services.parking import end, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("db", "time")

SKI_SEASON = Prices(rate=Decimal("6.50"), daily_maximum=Decimal(52))


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def versions() -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(TariffRow)) or 0


def entries(lot: Lot) -> list[AuditEntry]:
    with database.reading() as db:
        written = audit.entries(db, operator_id=lot.operator_id)
    return [entry for entry in written if entry.action == "rates.set"]


def test_new_rates_hold_at_once_and_are_told_everywhere(time: SetClock) -> None:
    project = make_project()
    lot = make_lot(project=project, rate="6.00")
    time.move(minutes=1)
    wanted = Prices(
        rate=Decimal("6.5"),
        free_minutes=30,
        daily_maximum=Decimal("52"),
        minimum_charge=Decimal("2.00"),
    )
    told = rates.change(caller_of(project), lot.id, wanted).value.tariff
    assert told == Tariff(
        hourly_rate=Money(650, "USD"),
        free_minutes=30,
        daily_maximum=Money(5200, "USD"),
        minimum_charge=Money(200, "USD"),
    )
    shown = lots.get(caller_of(project), lot.id)
    assert (shown.rate, shown.updated_at) == (Money(650, "USD"), time.at)


def test_what_is_left_out_is_not_part_of_the_new_rates() -> None:
    project = make_project()
    lot = make_lot(project=project)
    rates.change(caller_of(project), lot.id, SKI_SEASON)
    told = rates.change(caller_of(project), lot.id, Prices(rate=Decimal(5))).value.tariff
    assert told == Tariff(hourly_rate=Money(500, "USD"))


def test_a_lot_without_rates_can_be_booked_once_it_has_some() -> None:
    project = make_project()
    lot = make_lot(project=project, rate=None)
    assert not lots.get(caller_of(project), lot.id).agent_bookable
    rates.change(caller_of(project), lot.id, SKI_SEASON)
    assert lots.get(caller_of(project), lot.id).agent_bookable
    assert entries(lot)[0].diff["tariff"][0] is None


def test_a_session_that_runs_is_billed_by_the_rates_that_it_started_under(
    world: World, time: SetClock
) -> None:
    before = start(world, "CO-7891", payment_method="pm_card_visa")
    rates.change(world.caller, world.lot.id, Prices(rate=Decimal(20)))
    after = start(world, "CO-7892", payment_method="pm_card_visa")
    time.move(hours=2)
    assert (end(world, before)["subtotal"], end(world, after)["subtotal"]) == (12.0, 40.0)


def test_every_change_is_a_version_of_its_own_and_a_line_in_the_log() -> None:
    project = make_project()
    lot = make_lot(project=project, rate="6.00")
    rates.change(caller_of(project), lot.id, SKI_SEASON)
    rates.change(caller_of(project), lot.id, Prices(rate=Decimal(6)))
    first, second = entries(lot)
    assert versions() == 3
    assert (first.lot_id, first.subject_id, first.actor_type) == (lot.id, str(lot.id), "api_key")
    assert [rules["hourly_rate_minor"] for rules in first.diff["tariff"]] == [600, 650]
    assert [rules["daily_maximum_minor"] for rules in second.diff["tariff"]] == [5200, None]


def test_the_same_rates_again_are_neither_a_version_nor_a_line_in_the_log(time: SetClock) -> None:
    project = make_project()
    lot = make_lot(project=project)
    rates.change(caller_of(project), lot.id, SKI_SEASON)
    changed_at = time.at
    time.move(minutes=1)
    told = rates.change(caller_of(project), lot.id, Prices(rate=Decimal("6.500"), daily_maximum=Decimal(52)))
    assert told.value.tariff == Tariff(hourly_rate=Money(650, "USD"), daily_maximum=Money(5200, "USD"))
    assert (versions(), len(entries(lot))) == (2, 1)
    assert lots.get(caller_of(project), lot.id).updated_at == changed_at


@pytest.mark.parametrize(
    ("currency", "prices", "fields"),
    [
        ("USD", Prices(rate=Decimal("6.505")), ["rate"]),
        ("JPY", Prices(rate=Decimal("600.5"), daily_maximum=Decimal("4800.1")), ["rate", "daily_maximum"]),
        ("KWD", Prices(rate=Decimal("1.2505"), minimum_charge=Decimal("0.0001")), ["rate", "minimum_charge"]),
        (
            "USD",
            Prices(rate=Decimal(6), daily_maximum=Decimal(5), minimum_charge=Decimal("5.01")),
            ["minimum_charge"],
        ),
    ],
)
def test_amounts_that_cannot_be_are_named_and_nothing_changes(
    currency: str, prices: Prices, fields: list[str]
) -> None:
    project = make_project()
    lot = make_lot(project=project, rate="6", currency=currency)
    with pytest.raises(BadRequest) as refusal:
        rates.change(caller_of(project), lot.id, prices)
    assert [detail.field for detail in refusal.value.details] == fields
    assert (versions(), entries(lot)) == (1, [])


@pytest.mark.parametrize(
    ("currency", "rate", "minor"), [("JPY", "600", 600), ("KWD", "1.255", 1255), ("USD", "0", 0)]
)
def test_amounts_may_have_all_the_decimals_of_their_currency(currency: str, rate: str, minor: int) -> None:
    project = make_project()
    lot = make_lot(project=project, rate="6", currency=currency)
    told = rates.change(caller_of(project), lot.id, Prices(rate=Decimal(rate))).value.tariff
    assert told is not None
    assert told.hourly_rate == Money(minor, currency)


def test_only_the_lots_operator_sets_its_rates() -> None:
    lot = make_lot(project=make_project(kind="live"))
    with pytest.raises(NotFound):
        rates.change(caller_of(make_project(kind="live")), lot.id, SKI_SEASON)
    assert versions() == 1


def test_a_request_sent_twice_sets_the_rates_once() -> None:
    project = make_project()
    lot = make_lot(project=project)
    caller, once = caller_of(project), Once(key="ski-season", fingerprint="a" * 64)
    assert not rates.change(caller, lot.id, SKI_SEASON, once=once).replayed
    rates.change(caller, lot.id, Prices(rate=Decimal(7)))
    again = rates.change(caller, lot.id, SKI_SEASON, once=once)
    assert again.replayed
    assert again.value.tariff == Tariff(hourly_rate=Money(700, "USD"))  # as it stands, not set back
    assert len(entries(lot)) == 2
    with pytest.raises(IdempotencyKeyReused):
        rates.change(caller, lot.id, SKI_SEASON, once=Once(key="ski-season", fingerprint="b" * 64))


def test_changes_at_the_same_moment_all_stand_in_the_log_one_after_the_other() -> None:
    project = make_project()
    lot = make_lot(project=project, rate="6.00")
    threads = [
        threading.Thread(target=rates.change, args=(caller_of(project), lot.id, Prices(rate=Decimal(number))))
        for number in range(10, 16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = [[rules["hourly_rate_minor"] for rules in entry.diff["tariff"]] for entry in entries(lot)]
    followed = dict(steps)
    walked = [600]
    while walked[-1] in followed:
        walked.append(followed[walked[-1]])
    assert sorted(walked) == [600, 1000, 1100, 1200, 1300, 1400, 1500]
    assert lots.get(caller_of(project), lot.id).rate == Money(walked[-1], "USD")


NIGHTS = Prices.read(
    {"rate": 6, "bands": [{"days": ["sat", "sun"], "from": "18:00", "to": "24:00", "rate": 2}]}
)


def test_bands_hold_by_the_clock_of_the_lot(time: SetClock) -> None:
    project = make_project()
    lot = make_lot(project=project, time_zone="America/Denver")
    rates.change(caller_of(project), lot.id, NIGHTS)
    told = []
    for hour in (23, 25):  # in UTC of a Saturday: five and seven in the evening in Vail
        time.at = datetime(2026, 4, 11, tzinfo=UTC) + timedelta(hours=hour)
        told.append(lots.get(caller_of(project), lot.id).rate)
    assert told == [Money(600, "USD"), Money(200, "USD")]


def test_a_lot_takes_its_bands_with_it_into_another_time_zone(world: World, time: SetClock) -> None:
    time.at = datetime(2026, 4, 12, 0, 30, tzinfo=UTC)  # half past six on Saturday evening in Vail
    rates.change(world.caller, world.lot.id, NIGHTS)
    before = start(world, "CO-7891", payment_method="pm_card_visa")
    inventory.update(world.caller, world.lot.id, {"time_zone": "Asia/Tokyo"})
    after = start(world, "CO-7892", payment_method="pm_card_visa")
    assert (present(before)["rate"], present(after)["rate"]) == (2.0, 6.0)
    time.move(hours=2)
    assert (end(world, before)["subtotal"], end(world, after)["subtotal"]) == (4.0, 12.0)


def test_a_lot_without_bands_keeps_its_tariff_in_another_time_zone() -> None:
    project = make_project()
    lot = make_lot(project=project)
    inventory.update(caller_of(project), lot.id, {"time_zone": "Asia/Tokyo"})
    assert versions() == 1
