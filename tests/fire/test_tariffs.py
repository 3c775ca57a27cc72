"""Whatever the tariff, the start and the length of the stay, the price keeps its promises."""

import json
import os
import random
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import cast

from app.domain.money import Money, split
from app.domain.tariffs import Price, Tariff
from app.models import ParkingSession
from app.presenters.sessions import price_of
from tests import tariff_dice
from tests.profiles import pick
from tests.tariff_dice import Stay

STAYS = pick(short=20_000, full=1_000_000)
STAYS_UNDER_ONE_TARIFF = 10
_DAY = timedelta(days=1)


def test_every_price_keeps_its_promises() -> None:
    seed = int(os.environ.get("SEED") or secrets.randbelow(2**31))
    dice = random.Random(seed)
    checked = on_moved_clocks = 0
    while checked < STAYS:
        tariff = tariff_dice.tariff(dice)
        zone = tariff.time_zone if tariff.week else dice.choice(tariff_dice.ZONES)
        stored = Tariff.from_json(json.loads(json.dumps(tariff.as_json())))
        for _ in range(STAYS_UNDER_ONE_TARIFF):
            stay = tariff_dice.stay(dice, zone)
            fault = broken_promise(tariff, stored, stay, longer=stay.end + _more(dice))
            assert fault is None, f"SEED={seed}: {fault}\n{tariff}\n{stay}"
            checked += 1
            on_moved_clocks += any(stay.start <= move <= stay.end for move in tariff_dice.moves(zone))
    print(f"\nSEED={seed}: {checked} stays, {on_moved_clocks} of them across a move of the clock")
    assert on_moved_clocks > checked // 50


def broken_promise(tariff: Tariff, stored: Tariff, stay: Stay, *, longer: datetime) -> str | None:
    """Say which promise a price breaks, if any."""
    price = tariff.price(stay.start, stay.end)
    more = tariff.price(stay.start, longer)
    for each, lasting in ((price, stay.end - stay.start), (more, longer - stay.start)):
        if fault := _broken_alone(tariff, each, lasting):
            return fault
    if more.total < price.total:
        return f"{more.total} for staying longer, after {price.total}"
    if fault := _broken_cancellation(tariff, stay, price):
        return fault
    if any(_differs(stored, stay, share, price) for share in (0, 0.5, 1)):
        return "what was quoted is not what is charged"
    later = max(longer, _late(tariff, stay))
    if price_of(_begun(stay, 1), stored, until=later) != tariff.price(stay.start, later):
        return "what outlasts the quote is not billed from its begin on"
    return None


def _broken_cancellation(tariff: Tariff, stay: Stay, price: Price) -> str | None:
    """Say whether who leaves in time pays, or who does not pays anything but what there was to pay anyway."""
    if stay.end - stay.start <= _minutes_to_cancel(tariff):
        is_free = price.total.is_zero and not price.line_items
        return None if is_free else f"{price.total} for what was cancelled"
    if replace(tariff, free_cancellation_minutes=0).price(stay.start, stay.end) != price:
        return f"{price.total}, although it was not cancelled"
    return None


def _differs(stored: Tariff, quoted: Stay, share: float, price: Price) -> bool:
    """Tell whether a session that keeps to its quote, or is cancelled in time, is billed another sum."""
    session = _begun(quoted, share)
    ended_at = session.started_at + (quoted.end - session.started_at) * share
    billed = price_of(session, stored, until=ended_at)
    if ended_at - session.started_at <= _minutes_to_cancel(stored):
        return not billed.total.is_zero
    return billed != price


def _begun(quoted: Stay, share: float) -> ParkingSession:
    """Start a session by a quote, a part of the window late."""
    begun = SimpleNamespace(
        started_at=quoted.start + (quoted.end - quoted.start) * share / 2,
        quoted_from=quoted.start,
        quoted_until=quoted.end,
    )
    return cast(ParkingSession, begun)


def _late(tariff: Tariff, quoted: Stay) -> datetime:
    """Return when a session that began half-way through its quote can't be cancelled any more."""
    return _begun(quoted, 1).started_at + _minutes_to_cancel(tariff) + timedelta(seconds=1)


def _minutes_to_cancel(tariff: Tariff) -> timedelta:
    return timedelta(minutes=tariff.free_cancellation_minutes)


def _broken_alone(tariff: Tariff, price: Price, lasting: timedelta) -> str | None:
    parts = split(price.total)
    days = max(1, -(-lasting // _DAY))
    if tariff.daily_maximum is not None and price.total > tariff.daily_maximum.times(days):
        return f"{price.total} for {days} days"
    if reduce(add, (line.amount for line in price.line_items), Money.zero(tariff.currency)) != price.total:
        return f"the lines do not add up: {price}"
    if parts.owner_payout + parts.platform_fee != price.total:
        return f"fee and payout do not add up: {parts}"
    if (
        tariff.minimum_charge is not None
        and Money.zero(tariff.currency) < price.total < tariff.minimum_charge
    ):
        return f"{price.total} is below the least"
    return None


def _more(dice: random.Random) -> timedelta:
    return timedelta(seconds=dice.choice((1, 18, 36, 900, 3_600, dice.randint(0, 200_000))))
