"""Money in whole minor units, so that no cent is ever lost to a float."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import total_ordering

_IN_USE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
    LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES = frozenset(_IN_USE.split())
"""What money is paid in today (ISO 4217, list one, without funds, metals and test codes)."""

_TWO_DECIMALS = 2
_OTHER_DECIMALS = {
    **dict.fromkeys(_WITHOUT_DECIMALS.split(), 0),
    **dict.fromkeys(_WITH_THREE_DECIMALS.split(), 3),
}

OWNER_SHARE_PERCENT = 90
"""What the lot's operator keeps of a subtotal; the platform's fee is the rest."""

_MOST_DIGITS = 12
_MOST_DECIMALS = 40
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def is_currency(code: str) -> bool:
    """Tell whether `code` names a currency in use, as ISO 4217 writes it: three capitals."""
    return code in CURRENCIES


def decimals_of(currency: str) -> int:
    """Return how many decimals a currency has: 2 for most, 0 for the yen, 3 for the Kuwaiti dinar."""
    return _OTHER_DECIMALS.get(currency, _TWO_DECIMALS)


def half_up(value: Fraction) -> int:
    """Round to the nearest whole number, halves away from zero."""
    magnitude = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -magnitude if value < 0 else magnitude


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, in its minor units; amounts of two currencies never meet."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError(f"Money counts whole minor units, not {self.minor!r}.")
        if not is_currency(self.currency):
            raise ValueError(f"{self.currency!r} is not a currency of ISO 4217.")

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Make nothing, of a currency."""
        return cls(0, currency)

    @property
    def is_zero(self) -> bool:
        """Tell whether there is nothing to pay."""
        return self.minor == 0

    @classmethod
    def from_major(cls, amount: Decimal | float | str, currency: str) -> "Money":
        """Read an amount as people write it (`24.12`); raise ValueError if the currency can't hold it."""
        exact = _exact(amount)
        minor = Fraction(exact) * 10 ** decimals_of(currency)
        if minor.denominator != 1:
            raise ValueError(f"{amount} has more decimals than {currency} ({decimals_of(currency)}).")
        return cls(minor.numerator, currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> "Money":
        """Round an amount in major units half-up to what the currency can hold."""
        return cls(half_up(Fraction(_exact(amount)) * 10 ** decimals_of(currency)), currency)

    def to_decimal(self) -> Decimal:
        """Return the exact amount in major units, with all of the currency's decimals."""
        return Decimal(self.minor).scaleb(-decimals_of(self.currency))

    def to_major(self) -> float:
        """Return the number that stands in JSON: `24.12`, `8.0`."""
        units: int = 10 ** decimals_of(self.currency)
        return self.minor / units

    def times(self, factor: Decimal | Fraction | int) -> "Money":
        """Multiply, rounding half-up to the minor unit."""
        return Money(half_up(self.minor * Fraction(factor)), self.currency)

    def share(self, percent: Decimal | int) -> "Money":
        """Take a percentage, rounded half-up to the minor unit."""
        return self.times(Fraction(percent) / 100)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same_currency(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same_currency(other).minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same_currency(other).minor

    def __str__(self) -> str:
        return f"{self.to_decimal()} {self.currency}"

    def _same_currency(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added or compared.")
        return other


@dataclass(frozen=True, slots=True)
class Split:
    """How a subtotal is shared between the lot's operator and the platform; the parts always add up to it."""

    owner_payout: Money
    platform_fee: Money


def split(subtotal: Money) -> Split:
    """Share a subtotal: 90 % half-up to the operator, the rest to the platform (24.12 is 21.71 and 2.41)."""
    owner_payout = subtotal.share(OWNER_SHARE_PERCENT)
    return Split(owner_payout=owner_payout, platform_fee=subtotal - owner_payout)


def tax_within(total: Money, percent: Decimal) -> Money:
    """Return the tax that an amount holds, half-up to the minor unit (of 24.20 at 21 % it is 4.20)."""
    return total.times(Fraction(percent) / (100 + Fraction(percent)))


def _exact(amount: Decimal | float | str) -> Decimal:
    if isinstance(amount, bool) or (isinstance(amount, str) and not _PLAIN_NUMBER.fullmatch(amount.strip())):
        raise ValueError(f"{amount!r} is not an amount of money; write it like 24.12.")
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    # Bounds first: an exponent of a billion is one line of input and gigabytes of digits.
    if not exact.is_finite() or exact.adjusted() >= _MOST_DIGITS or _decimals_in(exact) > _MOST_DECIMALS:
        raise ValueError(f"{amount!r} is not an amount of money that can be paid.")
    return exact


def _decimals_in(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
