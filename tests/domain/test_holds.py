"""What is held is enough, and what is captured is what is due, to the cent."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.holds import CapturePlan, Held, amount_to_hold, plan_capture, smallest_charge
from app.domain.ids import uuid7
from app.domain.money import Money, split


def usd(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def held(*amounts: str) -> list[Held]:
    return [Held(uuid7(), usd(amount)) for amount in amounts]


def captured(plan: CapturePlan) -> Money:
    return sum((capture.amount for capture in plan.captures), start=Money.zero("USD"))


def test_the_evening_in_vail_captures_what_is_due_of_the_one_hold() -> None:
    (hold,) = held("25.50")
    plan = plan_capture([hold], due=usd("24.12"))
    (capture,) = plan.captures
    assert (capture.hold_id, capture.amount, capture.platform_fee) == (
        hold.hold_id,
        usd("24.12"),
        usd("2.41"),
    )
    assert (plan.releases, plan.outcome) == ((), "captured")
    assert plan.shortfall.is_zero
    assert plan.written_off.is_zero


def test_the_oldest_hold_is_captured_first_and_the_rest_released() -> None:
    holds = held("10", "10", "10")
    plan = plan_capture(holds, due=usd("14"))
    assert [(capture.hold_id, capture.amount) for capture in plan.captures] == [
        (holds[0].hold_id, usd("10")),
        (holds[1].hold_id, usd("4")),
    ]
    assert plan.releases == (holds[2].hold_id,)


def test_a_stay_that_costs_nothing_releases_everything() -> None:
    holds = held("10", "10")
    plan = plan_capture(holds, due=usd("0"))
    assert plan.captures == ()
    assert plan.releases == tuple(hold.hold_id for hold in holds)
    assert plan.outcome == "released"


def test_what_exceeds_the_holds_stays_due() -> None:
    plan = plan_capture(held("10", "5"), due=usd("18"))
    assert (captured(plan), plan.shortfall, plan.outcome) == (usd("15"), usd("3"), "past_due")


def test_without_any_hold_everything_stays_due() -> None:
    plan = plan_capture([], due=usd("18"))
    assert (plan.captures, plan.shortfall, plan.outcome) == ((), usd("18"), "past_due")


def test_what_is_too_little_to_charge_is_written_off() -> None:
    (hold,) = held("25.50")
    plan = plan_capture([hold], due=usd("0.49"))
    assert (plan.captures, plan.releases) == ((), (hold.hold_id,))
    assert (plan.written_off, plan.shortfall.is_zero, plan.outcome) == (usd("0.49"), True, "released")


def test_a_remainder_too_little_to_charge_is_written_off_too() -> None:
    plan = plan_capture(held("10", "10"), due=usd("10.20"))
    assert (captured(plan), plan.written_off, plan.outcome) == (usd("10"), usd("0.20"), "captured")


def test_the_smallest_charge_is_captured_or_stays_due() -> None:
    assert plan_capture(held("25.50"), due=usd("0.50")).outcome == "captured"
    assert plan_capture(held("10"), due=usd("10.50")).outcome == "past_due"


@pytest.mark.parametrize(
    ("currency", "minor"), [("USD", 50), ("GBP", 30), ("JPY", 50), ("HUF", 17500), ("ISK", 1)]
)
def test_each_currency_has_its_smallest_charge(currency: str, minor: int) -> None:
    assert smallest_charge(currency) == Money(minor, currency)


def test_never_less_is_held_than_can_be_charged_even_for_a_free_stay() -> None:
    assert amount_to_hold(usd("0")) == usd("0.50")
    assert amount_to_hold(usd("0.21")) == usd("0.50")
    assert amount_to_hold(usd("25.50")) == usd("25.50")


amounts = st.lists(st.integers(min_value=50, max_value=20_000), max_size=5)


@given(on_hold=amounts, due=st.integers(min_value=0, max_value=60_000))
def test_every_hold_is_captured_or_released_once_and_all_that_is_due_is_accounted_for(
    on_hold: list[int], due: int
) -> None:
    holds = [Held(UUID(int=number), Money(minor, "USD")) for number, minor in enumerate(on_hold)]
    plan = plan_capture(holds, due=Money(due, "USD"))
    used = [capture.hold_id for capture in plan.captures] + list(plan.releases)
    assert sorted(used) == [hold.hold_id for hold in holds]
    assert captured(plan) + plan.shortfall + plan.written_off == Money(due, "USD")
    on = {hold.hold_id: hold.amount for hold in holds}
    assert all(usd("0.50") <= capture.amount <= on[capture.hold_id] for capture in plan.captures)


@given(on_hold=amounts, due=st.integers(min_value=0, max_value=60_000))
def test_the_fees_of_all_captures_are_the_fee_of_what_is_captured(on_hold: list[int], due: int) -> None:
    plan = plan_capture([Held(uuid7(), Money(minor, "USD")) for minor in on_hold], due=Money(due, "USD"))
    fees = sum((capture.platform_fee for capture in plan.captures), start=Money.zero("USD"))
    assert fees == split(captured(plan)).platform_fee
    assert all(usd("0") <= capture.platform_fee <= capture.amount for capture in plan.captures)
