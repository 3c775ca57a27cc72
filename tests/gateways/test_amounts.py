"""Our minor units and Stripe's are the same, but for a few currencies."""

import pytest

from app.domain.money import Money
from app.gateways.amounts import chargeable, from_stripe, to_stripe


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(2412, "USD"), 2412),
        (Money(500, "JPY"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(500, "ISK"), 50_000),
        (Money(500, "UGX"), 50_000),
        (Money(50_000, "MGA"), 500),
    ],
)
def test_an_amount_goes_there_and_back(ours: Money, theirs: int) -> None:
    assert to_stripe(ours) == theirs
    assert from_stripe(theirs, ours.currency.lower()) == ours


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(5124, "KWD"), 5120),
        (Money(5125, "KWD"), 5130),
        (Money(5149, "MGA"), 51),
        (Money(5150, "MGA"), 52),
    ],
)
def test_what_stripe_cannot_charge_is_rounded_half_up(ours: Money, theirs: int) -> None:
    assert to_stripe(ours) == theirs


@pytest.mark.parametrize(("asked", "charged"), [(2412, 2412), (5124, 5120), (5125, 5130)])
def test_what_can_be_charged_is_what_comes_back(asked: int, charged: int) -> None:
    currency = "USD" if asked == charged else "KWD"
    assert chargeable(Money(asked, currency)) == Money(charged, currency)
