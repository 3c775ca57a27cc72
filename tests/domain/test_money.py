"""Money is counted in whole minor units and never rounded in silence."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import CURRENCIES, Money, decimals_of, half_up, is_currency, split, tax_within

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(min_value=0, max_value=10**9)


def usd(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def test_an_amount_in_json_is_a_number_of_major_units() -> None:
    shown = json.dumps([usd("24.12").to_major(), usd("8").to_major(), Money(0, "USD").to_major()])
    assert shown == "[24.12, 8.0, 0.0]"


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [(2412, "USD", "24.12"), (500, "JPY", "500"), (1500, "KWD", "1.500"), (-5, "EUR", "-0.05")],
)
def test_each_currency_has_its_own_number_of_decimals(minor: int, currency: str, major: str) -> None:
    assert str(Money(minor, currency).to_decimal()) == major
    assert Money.from_major(major, currency) == Money(minor, currency)


@given(minor=st.integers(min_value=-(10**13), max_value=10**13), currency=currencies)
def test_what_json_shows_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    if decimals_of(currency) == 0:
        minor //= 100
    money = Money(minor, currency)
    assert Money.from_major(json.loads(json.dumps(money.to_major())), currency) == money


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("24.125", "USD"), (0.001, "EUR"), ("500.5", "JPY"), (1.2345, "KWD"), (1e-30, "USD")],
)
def test_more_decimals_than_the_currency_has_are_refused(amount: str | float, currency: str) -> None:
    with pytest.raises(ValueError, match="more decimals than"):
        Money.from_major(amount, currency)


def test_trailing_zeros_are_not_more_decimals() -> None:
    assert Money.from_major("6.000", "USD") == Money(600, "USD")
    assert Money.from_major("500.0", "JPY") == Money(500, "JPY")


UNREADABLE = ["", "six", "6,00", "1_000", "6.", ".5", "+6", "1e3", "٦", "NaN", "inf", True]
UNPAYABLE = [float("nan"), float("inf"), *map(Decimal, ("1E+999999999", "1E-999999999", "0E-999999999"))]


@pytest.mark.parametrize("amount", [*UNREADABLE, *UNPAYABLE])
def test_what_is_not_an_amount_is_refused(amount: str | float | Decimal) -> None:
    with pytest.raises(ValueError, match="is not an amount of money"):
        Money.from_major(amount, "USD")


def test_an_amount_has_at_most_twelve_digits_before_the_point() -> None:
    assert usd("999999999999.99").minor == 99_999_999_999_999
    with pytest.raises(ValueError, match="that can be paid"):
        usd("1000000000000")


def test_a_number_is_read_as_it_is_written_not_as_binary() -> None:
    assert Money.from_major(1.15, "USD") == Money(115, "USD")
    assert Money.from_major(8, "USD") == Money(800, "USD")
    assert Money.from_major(" 24.12 ", "USD") == Money(2412, "USD")


@pytest.mark.parametrize(
    ("exact", "whole"), [("1.724", 172), ("1.725", 173), ("1.7249999", 172), ("-1.725", -173), ("0.004", 0)]
)
def test_halves_are_rounded_away_from_zero(exact: str, whole: int) -> None:
    assert Money.rounded(Decimal(exact), "USD") == Money(whole, "USD")


def test_rounding_differs_from_the_even_rounding_of_floats() -> None:
    assert [half_up(Fraction(n, 2)) for n in (1, 3, 5, -1, -3)] == [1, 2, 3, -1, -2]


def test_amounts_of_one_currency_add_subtract_and_compare() -> None:
    assert usd("21.71") + usd("2.41") == usd("24.12")
    assert usd("25.50") - usd("24.12") == usd("1.38")
    assert usd("1") < usd("2") <= usd("2")
    assert not usd("2") < usd("2")
    assert max(usd("1"), usd("2")) == usd("2")
    assert sum([usd("1"), usd("2")], start=Money.zero("USD")) == usd("3")
    assert Money.zero("USD").is_zero
    assert not usd("0.01").is_zero


def test_amounts_of_two_currencies_never_meet() -> None:
    euro = Money(100, "EUR")
    for meet in (
        lambda: usd("1") + euro,
        lambda: usd("1") - euro,
        lambda: usd("1") < euro,
        lambda: usd("1") >= euro,
    ):
        with pytest.raises(ValueError, match="USD and EUR cannot be added or compared"):
            meet()
    assert usd("1") != euro


@pytest.mark.parametrize("code", ["usd", "US", "XXX", "XAU", "BTC", "", "USDD", "HRK"])
def test_a_code_that_is_no_currency_makes_no_money(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, code)


@pytest.mark.parametrize("minor", [24.12, True, "2412", Decimal("1")])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "USD")  # type: ignore[arg-type]  # the point of the test


def test_the_evening_in_vail_is_split_as_the_reference_says() -> None:
    shares = split(usd("24.12"))
    assert (shares.owner_payout, shares.platform_fee) == (usd("21.71"), usd("2.41"))


@given(minor=amounts, currency=currencies)
def test_the_two_shares_add_up_to_the_subtotal(minor: int, currency: str) -> None:
    subtotal = Money(minor, currency)
    shares = split(subtotal)
    assert shares.owner_payout + shares.platform_fee == subtotal
    assert Money.zero(currency) <= shares.platform_fee <= shares.owner_payout


@given(minor=amounts, more=amounts)
def test_a_larger_subtotal_lowers_neither_share(minor: int, more: int) -> None:
    smaller, larger = split(Money(minor, "USD")), split(Money(minor + more, "USD"))
    assert smaller.owner_payout <= larger.owner_payout
    assert smaller.platform_fee <= larger.platform_fee


def test_money_reads_as_an_amount_and_its_currency() -> None:
    assert str(usd("6")) == "6.00 USD"
    assert str(Money(500, "JPY")) == "500 JPY"


@pytest.mark.parametrize(
    ("total", "percent", "tax"), [("24.20", "21", "4.20"), ("24.12", "4.4", "1.02"), ("0", "21", "0")]
)
def test_the_tax_within_an_amount_is_its_part_of_the_whole(total: str, percent: str, tax: str) -> None:
    assert tax_within(Money.from_major(total, "USD"), Decimal(percent)) == Money.from_major(tax, "USD")
