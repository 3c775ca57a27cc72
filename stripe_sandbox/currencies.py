"""What can be charged in which currency: supported codes, minimum amounts and awkward decimals.

docs.stripe.com/currencies: presentment currencies, minimum and maximum charge amounts, special cases.
"""

from stripe_sandbox.refusals import Invalid

_SUPPORTED = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg
    huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk
    mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub
    rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd
    vuv wst xaf xcd xcg xof xpf yer zar zmw
"""
_CODES = frozenset(_SUPPORTED.split())
_MINIMUM = {
    **dict.fromkeys(("usd", "eur", "aud", "brl", "cad", "chf", "inr", "jpy", "nzd", "sgd"), 50),
    **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
    **dict.fromkeys(("nok", "sek"), 300),
    **dict.fromkeys(("mxn", "thb"), 1000),
    "gbp": 30,
    "bgn": 100,
    "dkk": 250,
    "hkd": 400,
    "czk": 1500,
    "huf": 17500,
}
_SMALLEST = 1
_LARGEST = 99_999_999

_WITHOUT_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_WITH_THREE_DECIMALS = "bhd jod kwd omr tnd"
_STEPS = {**dict.fromkeys(_WITH_THREE_DECIMALS.split(), 10), "isk": 100, "ugx": 100}
"""Stripe takes three decimals only where the last is 0, and no cents of a króna or a shilling."""


def supported(currency: str) -> str:
    """Return the code in Stripe's lower case; raise Invalid if nothing can be charged in it."""
    code = currency.lower()
    if code not in _CODES:
        raise Invalid(f"Invalid currency: {code}. It is not one that Stripe supports.", param="currency")
    return code


def check_amount(amount: int, currency: str, *, param: str) -> int:
    """Return an amount in minor units that can be charged; raise Invalid if it is too small or too large."""
    minimum = _MINIMUM.get(currency, _SMALLEST)
    if amount < minimum:
        message = f"Amount must be at least {written(minimum, currency)}."
        raise Invalid(message, code="amount_too_small", param=param)
    if amount > _LARGEST:
        message = f"Amount must be no more than {written(_LARGEST, currency)}."
        raise Invalid(message, code="amount_too_large", param=param)
    if amount % _STEPS.get(currency, 1):
        raise Invalid(f"Amounts in {currency} must be a multiple of {_STEPS[currency]}.", param=param)
    return amount


def written(amount: int, currency: str) -> str:
    """Write an amount for people: `24.12 usd`."""
    if currency in _WITHOUT_DECIMALS.split():
        return f"{amount} {currency}"
    decimals = 3 if currency in _WITH_THREE_DECIMALS.split() else 2
    whole, part = divmod(amount, 10**decimals)
    return f"{whole}.{part:0{decimals}d} {currency}"
