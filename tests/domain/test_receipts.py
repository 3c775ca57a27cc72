"""Where a session stands for its driver."""

import pytest

from app.domain import receipts
from app.domain.receipts import Stage


@pytest.mark.parametrize(
    ("status", "payment", "stage"),
    [
        ("active", "requires_authorization", "waiting"),
        ("active", "authorized", "running"),
        ("active", "failed", "unsecured"),
        ("ending", "authorized", "ending"),
        ("completed", "captured", "paid"),
        ("completed", "released", "free"),
        ("completed", "past_due", "past_due"),
        ("completed", "partially_refunded", "partially_refunded"),
        ("completed", "refunded", "refunded"),
        ("expired", "released", "expired"),
    ],
)
def test_a_session_stands_where_its_statuses_say(status: str, payment: str, stage: Stage) -> None:
    assert receipts.stage(status, payment, waits_for_card=False, is_held=False, is_disputed=False) == stage


@pytest.mark.parametrize(
    ("status", "payment", "stage"),
    [
        ("completed", "captured", "disputed"),
        ("completed", "partially_refunded", "disputed"),
        ("completed", "refunded", "disputed"),
        ("completed", "past_due", "past_due"),
        ("active", "authorized", "running"),
    ],
)
def test_what_a_bank_took_back_is_disputed_once_nothing_else_is_to_be_done(
    status: str, payment: str, stage: Stage
) -> None:
    assert receipts.stage(status, payment, waits_for_card=False, is_held=False, is_disputed=True) == stage


def test_a_hold_that_waits_beside_an_authorised_one_means_that_more_is_needed() -> None:
    assert (
        receipts.stage("active", "authorized", waits_for_card=True, is_held=True, is_disputed=False)
        == "short"
    )


def test_what_was_owed_and_is_held_by_now_is_about_to_be_taken() -> None:
    assert (
        receipts.stage("completed", "past_due", waits_for_card=False, is_held=True, is_disputed=False)
        == "ending"
    )


def test_time_is_sold_once_a_card_is_authorised_and_as_long_as_the_stay_lasts() -> None:
    stages: list[Stage] = [
        "waiting",
        "running",
        "short",
        "unsecured",
        "ending",
        "paid",
        "past_due",
        "expired",
    ]
    assert [stage for stage in stages if receipts.may_extend(stage)] == ["running", "short"]
    assert [stage for stage in stages if receipts.may_pay(stage)] == ["waiting", "short", "past_due"]
    assert [stage for stage in stages if receipts.is_running(stage)] == stages[:4]
