"""Lines of a bill show what they were counted by, and nothing else."""

from decimal import Decimal

from app.domain.money import Money
from app.domain.tariff_bills import settled
from app.domain.tariffs import LineItem
from app.presenters.line_items import present

TIME = LineItem(
    kind="time",
    description="Standard rate",
    hours=Decimal("4.0200"),
    unit_price=Money(600, "USD"),
    amount=Money(2412, "USD"),
)
FEE = LineItem(
    kind="flat_fee", description="Flat fee", count=2, unit_price=Money(500, "USD"), amount=Money(1000, "USD")
)


def test_time_is_shown_by_its_hours_and_a_fee_by_its_count() -> None:
    assert present(TIME) == {
        "kind": "time",
        "description": "Standard rate",
        "hours": 4.02,
        "unit_price": 6.0,
        "amount": 24.12,
    }
    assert present(FEE) == {
        "kind": "flat_fee",
        "description": "Flat fee",
        "count": 2,
        "unit_price": 5.0,
        "amount": 10.0,
    }


def test_what_takes_something_off_has_an_amount_alone() -> None:
    off = LineItem(kind="daily_maximum", description="Above the daily maximum", amount=Money(-400, "USD"))
    assert present(off) == {"kind": "daily_maximum", "description": "Above the daily maximum", "amount": -4.0}


def test_lines_are_adjusted_to_what_was_charged() -> None:
    assert settled([TIME, FEE], Money(3412, "USD")) == (TIME, FEE)
    *lines, last = settled([TIME], Money(0, "USD"))
    assert (lines, last.kind, last.amount) == ([TIME], "adjustment", Money(-2412, "USD"))
