"""parkgraph payments: our books beside the payment processor's."""

import sys
from collections.abc import Iterable
from datetime import timedelta

import click

from app.commands import installation, tables
from app.commands.counting import counted
from app.domain import clock
from app.domain.errors import BadGateway, Conflict
from app.domain.money import Money
from app.gateways import processors
from app.services import due, reconciliation, reconciliation_turns, stray_payments

HEADING = ("WHOSE", "PAYMENT", "OURS", "PROCESSOR'S", "OUTCOME")
NOBODY = "nobody"
Row = tuple[object, ...]


@click.group()
def payments() -> None:
    """Look after what the payment processor holds."""


@payments.command()
@click.option(
    "--days", type=click.IntRange(0, 3650), default=7, show_default=True, help="How far to go back."
)
def reconcile(days: int) -> None:
    """Compare our holds with the processor's, and mend what differs.

    Compared are the holds of sessions that run, and all that were made in the last DAYS. Payments at the
    processor that belong to no session are released if they are held. Leaves with code 1 if something differs
    that could not be mended.
    """
    processors.configure(installation.connect())
    rows, unmended = list[Row](), 0
    for row, is_mended in (*_holds(days), *_strays()):
        rows.append((*row, "mended" if is_mended else "DIFFERS"))
        unmended += not is_mended
    if rows:
        tables.show(HEADING, rows)
    click.echo(f"{counted(len(rows), 'difference')}, {unmended} not mended." if rows else "Nothing differs.")
    sys.exit(1 if unmended else 0)


def _holds(days: int) -> Iterable[tuple[Row, bool]]:
    caller = due.worker()
    for compared in reconciliation_turns.everything(since=clock.now() - timedelta(days=days)):
        try:
            found = reconciliation.compare(caller, compared)
        except (BadGateway, Conflict) as failure:
            yield (compared.session_id, compared.payment_intent_id, None, failure.message), False
            continue
        if found:
            yield (found.session_id, found.payment_intent_id, found.ours, found.theirs), found.is_mended


def _strays() -> Iterable[tuple[Row, bool]]:
    for account in stray_payments.accounts():
        try:
            found = stray_payments.look_back(account) or ()
        except BadGateway as failure:
            yield (NOBODY, None, None, failure.message), False
            continue
        for stray in found:
            if stray.state == "released":
                amount = stray.hold.amount_capturable
                yield (NOBODY, stray.payment_intent_id, None, f"held {amount}, released"), True
    for taken in stray_payments.standing():
        if not stray_payments.ask_again(taken):
            amount = Money(taken.amount_minor, taken.currency)
            yield (NOBODY, taken.payment_intent_id, None, f"took {amount}"), False
