"""What is held is enough, and what is captured is what is due, to the cent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.holds import (
    Holding,
    Purpose,
    Stage,
    Step,
    amount_to_hold,
    captured_of,
    covered_by,
    next_step,
    payable,
    smallest_charge,
    stage_of,
)
from app.domain.ids import uuid7
from app.domain.money import Money


def usd(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def hold(amount: str, *, stage: Stage = "held", purpose: Purpose = "stay", captured: str = "0") -> Holding:
    return Holding(uuid7(), purpose, stage, usd(amount), usd(captured))


def held(*amounts: str) -> list[Holding]:
    return [hold(amount) for amount in amounts]


def carried_out(holdings: list[Holding], step: Step, *, may_capture: Money | None = None) -> list[Holding]:
    """Do what a step says as the processor would; of an open hold there is nothing to take."""
    if step.kind == "add_hold":
        return [*holdings, Holding(uuid7(), "remainder", "held", step.amount, usd("0"))]
    (mine,) = [holding for holding in holdings if holding.hold_id == step.hold_id]
    if step.kind == "capture" and mine.stage == "open":
        done = replace(mine, refused=mine.refused | {"capture"})
    elif step.kind == "capture":
        most = mine.amount if may_capture is None else may_capture
        done = replace(mine, stage="over", captured=min(step.amount, most))
    elif step.kind == "release":
        done = replace(mine, stage="over")
    else:
        done = replace(mine, amount=step.amount)
    return [done if holding is mine else holding for holding in holdings]


def settle(holdings: list[Holding], *, due: Money) -> tuple[list[Step], list[Holding]]:
    steps = list[Step]()
    while (step := next_step(holdings, due=due)) is not None:
        steps.append(step)
        holdings = carried_out(holdings, step)
        assert len(steps) < 50, "an end is never reached"
    return steps, holdings


def told(steps: list[Step]) -> list[tuple[str, Money]]:
    return [(step.kind, step.amount) for step in steps]


def test_the_evening_in_vail_captures_what_is_due_of_the_one_hold() -> None:
    steps, holdings = settle(held("25.50"), due=usd("24.12"))
    assert told(steps) == [("capture", usd("24.12"))]
    assert captured_of(holdings, "USD") == usd("24.12")


def test_the_oldest_hold_is_captured_first_and_the_rest_released() -> None:
    holds = held("10", "10", "10")
    steps, _ = settle(holds, due=usd("14"))
    assert [(step.kind, step.amount, step.hold_id) for step in steps] == [
        ("capture", usd("10"), holds[0].hold_id),
        ("capture", usd("4"), holds[1].hold_id),
        ("release", usd("0"), holds[2].hold_id),
    ]


def test_a_stay_that_costs_nothing_releases_everything() -> None:
    steps, holdings = settle([*held("10"), hold("5", stage="open")], due=usd("0"))
    assert told(steps) == [("release", usd("0"))] * 2
    assert {holding.stage for holding in holdings} == {"over"}


def test_of_the_last_hold_all_that_is_missing_is_asked_though_it_be_more_than_is_held() -> None:
    last = hold("5")
    step = next_step([hold("10", stage="over", captured="10"), last], due=usd("18"))
    assert step == Step("capture", usd("8"), last.hold_id)


def test_a_card_that_lets_more_be_captured_is_not_asked_again() -> None:
    holds = held("10")
    step = next_step(holds, due=usd("11.50"))
    assert step is not None
    assert next_step(carried_out(holds, step, may_capture=usd("11.50")), due=usd("11.50")) is None


def test_what_exceeds_the_holds_is_asked_of_the_card_once() -> None:
    steps, holdings = settle(held("10", "5"), due=usd("18"))
    assert told(steps)[2:] == [("add_hold", usd("3")), ("capture", usd("3"))]
    assert captured_of(holdings, "USD") == usd("18")


@pytest.mark.parametrize("stage", ["open", "over"])
def test_a_card_that_does_not_give_what_is_left_is_not_asked_twice(stage: Stage) -> None:
    left = hold("3", stage=stage, purpose="remainder")
    assert next_step([hold("10", stage="over", captured="10"), left], due=usd("13")) is None


def test_the_driver_is_asked_for_what_is_owed_where_a_hold_is_open() -> None:
    steps, _ = settle([hold("25.50", stage="open")], due=usd("24.12"))
    assert told(steps) == [("capture", usd("24.12")), ("reprice", usd("24.12"))]


def test_a_step_that_was_refused_is_not_taken_again() -> None:
    refused = frozenset({"capture", "release", "reprice"})
    for stage in ("open", "held"):
        only = replace(hold("10", stage=stage), refused=refused)  # type: ignore[arg-type] # one of its words
        assert next_step([only], due=usd("0")) is None
    assert next_step([replace(hold("10", stage="open"), refused=refused)], due=usd("9")) is None


def test_what_is_too_little_to_charge_is_written_off() -> None:
    assert told(settle(held("25.50"), due=usd("0.49"))[0]) == [("release", usd("0"))]
    assert told(settle(held("10"), due=usd("10.20"))[0]) == [("capture", usd("10.20"))]
    assert payable(usd("0.49")).is_zero
    assert payable(usd("0.50")) == usd("0.50")


def test_the_first_hold_leaves_the_next_enough_to_be_charged() -> None:
    steps, holdings = settle(held("10", "10"), due=usd("10.20"))
    assert told(steps) == [("capture", usd("9.70")), ("capture", usd("0.50"))]
    assert captured_of(holdings, "USD") == usd("10.20")


@pytest.mark.parametrize(
    ("currency", "minor"), [("USD", 50), ("GBP", 30), ("JPY", 50), ("HUF", 17500), ("ISK", 1)]
)
def test_each_currency_has_its_smallest_charge(currency: str, minor: int) -> None:
    assert smallest_charge(currency) == Money(minor, currency)


def test_never_less_is_held_than_can_be_charged_even_for_a_free_stay() -> None:
    assert amount_to_hold(usd("0")) == usd("0.50")
    assert amount_to_hold(usd("0.21")) == usd("0.50")
    assert amount_to_hold(usd("25.50")) == usd("25.50")


def test_sure_is_what_was_taken_and_what_is_held() -> None:
    holdings = [hold("10", stage="over", captured="8"), hold("5"), hold("4", stage="open")]
    assert covered_by(holdings, "USD") == usd("13")


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("planned", "open"),
        ("requires_action", "open"),
        ("requires_capture", "held"),
        ("succeeded", "over"),
        ("canceled", "over"),
        ("failed", "over"),
    ],
)
def test_the_processors_words_are_stages(status: str, stage: str) -> None:
    assert stage_of(status) == stage


amounts = st.lists(st.integers(min_value=50, max_value=20_000), max_size=5)
stages = st.sampled_from(["open", "held", "over"])


@given(on_hold=st.lists(st.tuples(st.integers(50, 20_000), stages), max_size=5), due=st.integers(0, 60_000))
def test_every_end_is_reached_and_no_more_is_taken_than_is_due(
    on_hold: list[tuple[int, Stage]], due: int
) -> None:
    holds = [Holding(uuid7(), "stay", stage, Money(minor, "USD"), usd("0")) for minor, stage in on_hold]
    _, holdings = settle(holds, due=Money(due, "USD"))
    captured = captured_of(holdings, "USD")
    assert captured <= Money(due, "USD")
    if payable(Money(due, "USD") - captured).is_zero:
        assert all(holding.stage == "over" for holding in holdings)
    else:
        assert any(holding.stage == "open" for holding in holdings), "nobody is asked for what is owed"
    assert all(usd("0.50") <= holding.captured for holding in holdings if not holding.captured.is_zero)


@given(on_hold=amounts, due=st.integers(min_value=0, max_value=60_000))
def test_holds_that_cover_what_is_due_are_enough(on_hold: list[int], due: int) -> None:
    holds = [Holding(uuid7(), "stay", "held", Money(minor, "USD"), usd("0")) for minor in on_hold]
    steps, holdings = settle(holds, due=Money(due, "USD"))
    if sum(on_hold) >= due >= 50:
        assert captured_of(holdings, "USD") == Money(due, "USD")
        assert {step.kind for step in steps} <= {"capture", "release"}
