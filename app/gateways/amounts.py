"""Money as Stripe counts it, which for a few currencies is not as ISO 4217 does.

docs.stripe.com/currencies, "Special cases": the Icelandic króna and the Ugandan shilling have two decimals
that must be 0, the Malagasy ariary has none, and of three decimals the last must be 0.
"""

from fractions import Fraction

from app.domain.money import Money, decimals_of, half_up

_DECIMALS_AT_STRIPE = {"ISK": 2, "UGX": 2, "MGA": 0}
_THREE = 3
_MOST = 99_999_999
"""Eight digits in Stripe's minor units (docs.stripe.com/api, `amount` of a PaymentIntent)."""
_STEP_OF_THREE_DECIMALS = 10
_STEP_OF_DECIMALS_AT_STRIPE_ALONE = 100


def to_stripe(money: Money) -> int:
    """Return an amount in Stripe's minor units, half-up to what Stripe can charge."""
    exact = Fraction(money.minor, 10 ** decimals_of(money.currency)) * 10 ** _decimals(money.currency)
    step = _step(money.currency)
    return half_up(exact / step) * step


def from_stripe(amount: int, currency: str) -> Money:
    """Read an amount of Stripe's, in a currency of Stripe's (`usd`)."""
    code = currency.upper()
    exact = Fraction(amount, 10 ** _decimals(code)) * 10 ** decimals_of(code)
    return Money(half_up(exact), code)


def chargeable(money: Money) -> Money:
    """Return the amount that Stripe can charge for this one: of 1.234 dinars, 1.230."""
    return from_stripe(to_stripe(money), money.currency)


def most_chargeable(currency: str) -> Money:
    """Return the most that Stripe charges at once: 999,999.99 dollars."""
    step = _step(currency)
    return from_stripe(_MOST // step * step, currency)


def _step(currency: str) -> int:
    if _decimals(currency) == _THREE:
        return _STEP_OF_THREE_DECIMALS
    return _STEP_OF_DECIMALS_AT_STRIPE_ALONE if _decimals(currency) > decimals_of(currency) else 1


def _decimals(currency: str) -> int:
    return _DECIMALS_AT_STRIPE.get(currency, decimals_of(currency))
