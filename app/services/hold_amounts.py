"""How much is held for a planned stay, and which stays are too dear for any card."""

from datetime import datetime
from decimal import Decimal

from app.domain.errors import Conflict
from app.domain.holds import amount_to_hold
from app.domain.money import Money
from app.domain.tariffs import Tariff
from app.gateways.amounts import most_chargeable


def for_stay(tariff: Tariff, begin: datetime, hours: Decimal, *, asked_by: str = "duration_hours") -> Money:
    """Return what to hold for a stay of so many hours.

    Raise Conflict naming the field `asked_by` where that is more than the processor charges at once.
    """
    amount = amount_to_hold(tariff.hold_for(begin, hours))
    most = most_chargeable(amount.currency)
    if amount > most:
        message = f"{amount} would have to be held for this stay, and no card is charged more than {most}."
        raise Conflict.of(asked_by, message)
    return amount
