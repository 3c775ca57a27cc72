"""The ledger: what the money of a session makes of the accounts of driver, operator and platform.

A posting moves one amount between the operator's account and another one, so each balances by itself, and the
operator's account says what the operator is owed. What is posted is always the difference between what is so
and what was posted before: the same news twice posts nothing, and the order in which it comes is no matter.

Rounding is settled here, too. Of what is kept of a session the operator's part is 90 %, half-up, whatever the
number of captures and refunds. The processor rounds each refund of its fee by itself, so what it has paid out
may be a cent off; `payout` is what it has really paid, and the cent stays in the operator's balance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from app.domain.money import Money, Split, split

Account = Literal["driver", "operator", "platform", "paid_out"]
EntryKind = Literal["charge", "refund", "dispute", "fee", "payout"]

ACCOUNTS: tuple[Account, ...] = get_args(Account)
KINDS: tuple[EntryKind, ...] = get_args(EntryKind)

_OTHER_SIDE: Mapping[EntryKind, Account] = {
    "charge": "driver",
    "refund": "driver",
    "dispute": "driver",
    "fee": "platform",
    "payout": "paid_out",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of money, as the operator's account sees it."""

    kind: EntryKind
    amount: Money
    """What the operator's account gains; what it loses is negative."""

    @property
    def entries(self) -> tuple[tuple[Account, Money], ...]:
        """Return what each account gains; the gains add up to nothing."""
        nothing = Money.zero(self.amount.currency)
        return ("operator", self.amount), (_OTHER_SIDE[self.kind], nothing - self.amount)


@dataclass(frozen=True, slots=True)
class HoldMoney:
    """What became of one hold's money by now."""

    captured: Money
    refunded: Money
    disputed: Money
    """What a bank took back and has not returned."""
    paid_out: Money
    """What the processor has moved to the operator's own account, less what it took back from there."""

    @property
    def kept(self) -> Money:
        """Return what is left of what was captured; less than nothing if it was given back twice."""
        return self.captured - self.refunded - self.disputed


@dataclass(frozen=True, slots=True)
class Posted:
    """What the ledger holds of a session already, as the operator's account sees it."""

    of_hold: Mapping[EntryKind, Money]
    """Of the hold that there is news of, but for its fee."""
    elsewhere: Money
    """What is kept of the session's other holds."""
    fee: Money
    """Of the whole session."""

    @property
    def paid_out(self) -> Money:
        """Return what was posted as moved to the operator's own account of the hold."""
        nothing = Money.zero(self.fee.currency)
        return nothing - self.of_hold.get("payout", nothing)


def shares(kept: Money) -> Split:
    """Share what is kept of a session; what was given back twice is the operator's loss, and no fee."""
    fee = split(max(kept, Money.zero(kept.currency))).platform_fee
    return Split(owner_payout=kept - fee, platform_fee=fee)


def owner_payout(kept: Money) -> Money:
    """Return the operator's part as sessions show it, which is never less than nothing."""
    return max(shares(kept).owner_payout, Money.zero(kept.currency))


def postings(now: HoldMoney, *, posted: Posted) -> Sequence[Posting]:
    """Return what is to be posted so that the ledger says what is so now."""
    return [posting for posting in _differences(now, posted) if not posting.amount.is_zero]


def _differences(now: HoldMoney, posted: Posted) -> Iterator[Posting]:
    nothing = Money.zero(now.captured.currency)
    targets: Mapping[EntryKind, Money] = {
        "charge": now.captured,
        "refund": nothing - now.refunded,
        "dispute": nothing - now.disputed,
    }
    for kind, target in targets.items():
        yield Posting(kind, target - posted.of_hold.get(kind, nothing))
    fee = shares(posted.elsewhere + now.kept).platform_fee
    yield Posting("fee", nothing - fee - posted.fee)
    yield Posting("payout", posted.paid_out - now.paid_out)
