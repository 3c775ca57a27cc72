"""Every posting balances, and the balances follow what is so, whatever came before it and in which order."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as some

from app.domain.ledger import EntryKind, HoldMoney, Posted, Posting, owner_payout, postings, shares
from app.domain.money import Money, split


def dollars(minor: int) -> Money:
    return Money(minor, "USD")


class Books:
    """A ledger of one session in memory."""

    def __init__(self) -> None:
        self.posted: dict[int, Counter[EntryKind]] = defaultdict(Counter)
        self.accounts: Counter[str] = Counter()

    def learn(self, hold: int, now: HoldMoney) -> Sequence[Posting]:
        """Post what is news of a hold."""
        kept: tuple[EntryKind, ...] = ("charge", "refund", "dispute")
        others = [sums for number, sums in self.posted.items() if number != hold]
        new = postings(
            now,
            posted=Posted(
                of_hold={kind: dollars(minor) for kind, minor in self.posted[hold].items()},
                elsewhere=dollars(sum(sums[kind] for sums in others for kind in kept)),
                fee=dollars(sum(sums["fee"] for sums in self.posted.values())),
            ),
        )
        for posting in new:
            self.posted[hold][posting.kind] += posting.amount.minor
            assert sum(amount.minor for _, amount in posting.entries) == 0
            self.accounts.update({account: amount.minor for account, amount in posting.entries})
        return new


def money(captured: int, refunded: int = 0, disputed: int = 0, paid_out: int = 0) -> HoldMoney:
    return HoldMoney(*map(dollars, (captured, refunded, disputed, paid_out)))


def seen(postings_: Sequence[Posting]) -> Mapping[str, int]:
    return {posting.kind: posting.amount.minor for posting in postings_}


def test_the_vail_evening_leaves_its_operator_the_owner_payout() -> None:
    books = Books()
    assert seen(books.learn(1, money(2412))) == {"charge": 2412, "fee": -241}
    assert books.accounts == {"driver": -2412, "operator": 2171, "platform": 241}


def test_what_the_processor_paid_out_is_not_owed() -> None:
    books = Books()
    assert seen(books.learn(1, money(2412, paid_out=2171))) == {"charge": 2412, "fee": -241, "payout": -2171}
    assert books.accounts["operator"] == 0


def test_a_cent_that_the_processor_rounds_otherwise_stays_in_the_balance() -> None:
    """Of 241 cents Stripe gives back 59 for a refund of 600 of 2412; 90 % of 1812 is 1631."""
    books = Books()
    books.learn(1, money(2412, paid_out=2171))
    news = books.learn(1, money(2412, refunded=600, paid_out=2171 - 600 + 59))
    assert seen(news) == {"refund": -600, "fee": 60, "payout": 541}
    assert (books.accounts["operator"], books.accounts["paid_out"]) == (1, 1630)


def test_a_refund_that_failed_comes_back() -> None:
    books = Books()
    books.learn(1, money(2412))
    books.learn(1, money(2412, refunded=600))
    assert seen(books.learn(1, money(2412))) == {"refund": 600, "fee": -60}
    assert books.accounts["operator"] == 2171


def test_what_is_given_back_twice_is_the_operators_loss_and_no_negative_fee() -> None:
    assert (shares(dollars(-100)).platform_fee, shares(dollars(-100)).owner_payout) == (
        dollars(0),
        dollars(-100),
    )
    assert owner_payout(dollars(-100)) == dollars(0)


amounts = some.integers(0, 50_000)


@some.composite
def histories(draw: some.DrawFn) -> list[tuple[int, HoldMoney]]:
    """Draw what is learned of a session's holds, one news after another."""
    captured = draw(some.lists(amounts, min_size=1, max_size=3))
    news = []
    for _ in range(draw(some.integers(1, 8))):
        hold = draw(some.integers(0, len(captured) - 1))
        refunded = draw(some.integers(0, captured[hold]))
        disputed = draw(some.integers(0, captured[hold]))
        news.append((hold, money(captured[hold], refunded, disputed, draw(amounts))))
    return news


@given(histories(), some.randoms(use_true_random=False))
def test_balances_follow_what_is_so_and_not_how_it_came_about(
    news: list[tuple[int, HoldMoney]], dice: random.Random
) -> None:
    books = Books()
    for hold, now in news:
        books.learn(hold, now)
        assert books.learn(hold, now) == []
    latest = dict(news)
    order = list(latest)
    dice.shuffle(order)
    again = Books()
    for hold in order:
        again.learn(hold, latest[hold])
    assert again.accounts == books.accounts
    kept = dollars(sum(now.kept.minor for now in latest.values()))
    paid_out = sum(now.paid_out.minor for now in latest.values())
    assert -books.accounts["driver"] == kept.minor
    assert books.accounts["operator"] == shares(kept).owner_payout.minor - paid_out
    assert books.accounts["paid_out"] == paid_out


@given(some.lists(some.integers(1, 5_000), max_size=10), some.integers(1, 50_000))
def test_after_any_refunds_the_operator_has_ninety_percent_of_the_rest(
    refunds: list[int], taken: int
) -> None:
    books, back = Books(), 0
    books.learn(1, money(taken))
    for refund in refunds:
        back = min(taken, back + refund)
        books.learn(1, money(taken, refunded=back))
    assert books.accounts["operator"] == split(dollars(taken - back)).owner_payout.minor
