"""Rates are shown in major units, and what a tariff does not have is absent."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.money import Money
from app.domain.tariffs import Band, Tariff
from app.presenters.rates import RatesFacts, present
from tests.conftest import EVENING

LOT = UUID("019bc262-9800-752e-89a7-834df2a74de4")


def facts(tariff: Tariff | None) -> RatesFacts:
    return RatesFacts(lot_id=LOT, currency="USD", tariff=tariff, at=EVENING)


def test_a_tariff_is_shown_with_all_that_it_has() -> None:
    tariff = Tariff(
        hourly_rate=Money(600, "USD"),
        free_minutes=30,
        free_cancellation_minutes=10,
        daily_maximum=Money(4800, "USD"),
        minimum_charge=Money(150, "USD"),
    )
    assert present(facts(tariff)) == {
        "lot_id": str(LOT),
        "rate": 6.0,
        "currency": "USD",
        "free_minutes": 30,
        "free_cancellation_minutes": 10,
        "daily_maximum": 48.0,
        "minimum_charge": 1.5,
        "bands": [],
        "summary": tariff.summary(),
    }


def test_a_plain_tariff_has_no_maximum_and_no_minimum() -> None:
    shown = present(facts(Tariff(hourly_rate=Money(600, "USD"))))
    assert shown.keys() == {"lot_id", "rate", "currency", "free_minutes", "bands", "summary"}


def test_a_lot_without_a_tariff_has_no_rate_and_says_why() -> None:
    shown = present(facts(None))
    assert "rate" not in shown
    assert (shown["free_minutes"], shown["bands"]) == (0, [])
    assert "can't be booked" in shown["summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenings(Tariff):
    """A tariff with two bands, as later ones may have."""

    def bands(self) -> tuple[Band, ...]:
        """Return a cheaper weekend evening."""
        rest = Band(days=("mon",), start="00:00", end="24:00", rate=self.hourly_rate)
        return (rest, Band(days=("fri", "sat"), start="18:00", end="24:00", rate=Money(400, "USD")))


def test_bands_are_shown_where_there_is_more_than_one() -> None:
    shown = present(facts(Evenings(hourly_rate=Money(600, "USD"))))
    assert shown["bands"][1] == {"days": ["fri", "sat"], "from": "18:00", "to": "24:00", "rate": 4.0}
