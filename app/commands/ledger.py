"""parkgraph ledger: does every posting balance and agree with what was captured?"""

import json
import sys

import click

from app.commands import installation
from app.commands.counting import counted
from app.services import ledger_verification
from app.services.ledger_verification import Imbalance, Verdict


@click.group()
def ledger() -> None:
    """Verify the ledger of charges, fees, refunds and payouts."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line, the verdict last.")
def verify(as_json: bool) -> None:
    """Verify that postings balance and agree with holds.

    Names every session where they do not and leaves with code 1 if there is one.
    """
    installation.connect()
    verdict = ledger_verification.verify(report=_print_as_json if as_json else click.echo)
    (_conclude_as_json if as_json else _conclude)(verdict)
    sys.exit(1 if verdict.findings else 0)


def _print_as_json(finding: Imbalance) -> None:
    click.echo(json.dumps({"session_id": str(finding.session_id), "message": finding.message}))


def _conclude(verdict: Verdict) -> None:
    wrong = counted(verdict.findings, "thing") + " wrong" if verdict.findings else "Nothing wrong"
    click.echo(f"{counted(verdict.sessions, 'session')} with money in the ledger. {wrong}.")


def _conclude_as_json(verdict: Verdict) -> None:
    click.echo(json.dumps({"verdict": {"sessions": verdict.sessions, "findings": verdict.findings}}))
