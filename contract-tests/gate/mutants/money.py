"""Cents that somebody loses."""

from dataclasses import replace
from fractions import Fraction

from app.domain import holds, money, tariff_bills
from app.domain import sessions as rules
from app.domain.errors import Internal
from app.domain.tariffs import Tariff
from app.gateways import stripe_errors
from app.presenters import quotes as quote_presenters
from app.presenters import sessions as session_presenters
from app.services import lots, refunds
from gate.mutants.planting import instead_of, killed_by, put_in_place

BILL = "test_lives.py::test_a_bill_adds_up_by_every_door_in_replays_and_in_lists"
PAYOUT = "test_refunds.py::test_a_refund_that_the_bank_sends_back_is_listed_as_failed"
QUOTED = "test_quotes.py::test_what_was_quoted_is_charged[REST]"


@killed_by(PAYOUT)
def the_platform_keeps_nine_percent() -> None:
    """The platform's fee is 9 % instead of 10 %."""
    put_in_place(money, "OWNER_SHARE_PERCENT", 91)


@killed_by(PAYOUT)
def the_operators_part_is_rounded_down() -> None:
    """The operator's part loses every fraction of a cent."""

    @instead_of(money, "half_up")
    def half_up(original, value):
        return value.numerator // value.denominator


@killed_by(f"{BILL}[half a cent-REST]")
def half_cents_are_dropped() -> None:
    """A bill is rounded down instead of half-up."""

    @instead_of(tariff_bills, "_rounded")
    def rounded(original, exact):
        return exact // tariff_bills.HOUR


@killed_by(f"{BILL}[a fee and a maximum-REST]")
def a_day_has_no_maximum() -> None:
    """What a day costs at most is not taken off."""

    @instead_of(tariff_bills.Bill, "take_off")
    def take_off(original, self, exact):
        return None


@killed_by(f"{BILL}[a minimum-REST]")
def lines_do_not_add_up() -> None:
    """The bill lacks the line that brings a short stay up to the minimum charge."""

    @instead_of(tariff_bills.Bill, "lines")
    def lines(original, self, least):
        return (line for line in original(self, least) if line.kind != "minimum_charge")


@killed_by("test_quotes.py::test_a_quote_says_how_it_comes_about[rates3-0.1-kinds3]")
def free_minutes_are_charged() -> None:
    """The minutes that a lot gives away are billed."""

    @instead_of(Tariff, "price")
    def price(original, self, start, end):
        return original(replace(self, free_minutes=0), start, end)


@killed_by(QUOTED)
def a_quote_is_not_kept() -> None:
    """A stay that began by a quote is billed by the clock."""

    @instead_of(session_presenters, "billed_window")
    def billed_window(original, started_at, ended_at, **quoted):
        return started_at, ended_at


@killed_by(QUOTED)
def tax_comes_on_top() -> None:
    """The tax of a quote is counted from the total, as if it were not within."""

    @instead_of(quote_presenters, "tax_within")
    def tax_within(original, total, percent):
        return total.times(Fraction(percent) / 100)


@killed_by("test_lives.py::test_a_life_is_told_alike_by_every_door_and_by_replays[left at once-REST]")
def holds_stay() -> None:
    """What was held and is not due stays held."""

    @instead_of(holds, "_release")
    def release(original, holdings, *, nothing):
        return None


@killed_by("test_refunds.py::test_what_cannot_go_back_is_named")
def more_goes_back_than_was_taken() -> None:
    """A refund may be larger than what was captured."""

    @instead_of(refunds, "_amount")
    def amount(original, session, left_minor, asked):
        return original(session, left_minor if asked is None else 10**12, asked)


@killed_by("test_witnesses.py::test_a_stay_beyond_the_lots_longest_is_a_409")
def stays_may_be_of_any_length() -> None:
    """A stay beyond the lot's longest is taken."""

    @instead_of(rules, "planned_hours")
    def planned_hours(original, asked, *, max_stay_hours):
        return original(asked, max_stay_hours=10**6)


@killed_by("test_failures.py::test_a_processor_that_fails_is_a_502_and_the_same_request_succeeds_later")
def the_processors_failure_is_ours() -> None:
    """A processor that fails is answered 500 instead of 502."""

    @instead_of(stripe_errors, "_translated")
    def translated(original, error):
        return Internal("Something failed.")


@killed_by("test_witnesses.py::test_a_lot_that_lets_no_agents_in_is_a_403_of_its_own_code")
def agents_park_where_they_are_not_let_in() -> None:
    """An operator's choice to let no agents in is ignored."""

    @instead_of(lots, "require_let_in")
    def require_let_in(original, caller, access, created_at):
        return None
