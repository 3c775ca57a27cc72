"""Our minor units and Stripe's are the same, but for a few currencies."""

import pytest

from app.domain.holds import smallest_charge
from app.domain.money import CURRENCIES, Money
from app.gateways.amounts import chargeable, from_stripe, most_chargeable, to_stripe


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


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_the_smallest_charge_of_every_currency_can_be_charged(currency: str) -> None:
    least = smallest_charge(currency)
    assert to_stripe(least) > 0
    assert chargeable(least) == least


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_the_most_that_can_be_charged_has_eight_digits_and_no_more(currency: str) -> None:
    most = most_chargeable(currency)
    assert to_stripe(most) <= 99_999_999
    assert to_stripe(most + smallest_charge(currency)) > 99_999_999


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("USD", "999999.99 USD"), ("JPY", "99999999 JPY"), ("KWD", "99999.990 KWD"), ("ISK", "999999 ISK")],
)
def test_the_most_that_can_be_charged_is_told_in_the_currencys_own_decimals(
    currency: str, amount: str
) -> None:
    assert str(most_chargeable(currency)) == amount
