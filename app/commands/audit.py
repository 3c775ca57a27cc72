"""parkgraph audit: seals, checkpoints and verification of the audit log."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, fields
from uuid import UUID

import click

from app.commands import checkpoint_lines, installation
from app.commands.counting import counted
from app.domain.seals import Finding
from app.services import audit_checkpoints, audit_keys, audit_seals, audit_verification, operators
from app.services.audit_verification import Verdict

operator = click.option(
    "--operator", "operator_id", type=click.UUID, metavar="ID", help="Of this operator only."
)


@click.group()
def audit() -> None:
    """Seal the audit log, sign how far it goes, and verify it."""


@audit.command()
def seal() -> None:
    """Seal every entry that has no seal yet.

    The worker does this every few seconds. Here it is done at once, however many they are.
    """
    installation.connect()
    click.echo(f"Sealed {_entries(audit_seals.seal_all())}.")


@audit.command()
@operator
@click.option("--all", "whole", is_flag=True, help="Print every checkpoint there is, not only the last ones.")
def checkpoint(operator_id: UUID | None, whole: bool) -> None:
    """Sign the chains that grew, and print checkpoints.

    The last one of each operator, a JSON object a line, with the public key. Keep them where whoever owns the
    database cannot reach them. Later, parkgraph audit verify --checkpoints FILE compares the log with them.
    """
    installation.require_home(installation.connect().home)
    audit_checkpoints.sign(operator_id=operator_id)
    keys = audit_keys.public_keys()
    printed = False
    shown = audit_checkpoints.every if whole else audit_checkpoints.latest
    for each in shown(operator_id):
        click.echo(checkpoint_lines.written(each, keys))
        printed = True
    if not printed:
        click.echo("There is nothing to sign: no entry has a seal yet. See parkgraph audit seal.", err=True)


@audit.command()
@operator
@click.option(
    "--checkpoints",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="What parkgraph audit checkpoint printed, or - for standard input.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line, the verdict last.")
def verify(operator_id: UUID | None, checkpoints: Iterable[str] | None, as_json: bool) -> None:
    """Verify the audit log: entries, seals, signatures.

    Names every broken thing and leaves with code 1 if there is one. Entries that are too young to have a seal
    are counted.
    """
    kept = () if checkpoints is None else tuple(checkpoint_lines.read(checkpoints))
    installation.connect()
    if operator_id is not None:
        operators.require(operator_id)
    verdict = audit_verification.verify(
        report=_print_as_json if as_json else _print,
        operator_id=operator_id,
        kept=kept,
    )
    (_conclude_as_json if as_json else _conclude)(verdict)
    sys.exit(1 if verdict.findings else 0)


def _print(finding: Finding) -> None:
    of_operator = f"operator {finding.operator_id}: " if finding.operator_id else ""
    click.echo(f"{finding.kind}  {of_operator}{finding.message}")


def _print_as_json(finding: Finding) -> None:
    facts = {name: value for name, value in asdict(finding).items() if value is not None}
    click.echo(json.dumps(facts))


def _conclude(verdict: Verdict) -> None:
    per_second = f"{verdict.entries_per_second:,} a second"
    of_operators = counted(verdict.operators, "operator")
    click.echo(f"{_entries(verdict.entries)} of {of_operators} in {verdict.seconds:.1f} s, {per_second}.")
    if verdict.unsealed:
        click.echo(f"{_entries(verdict.unsealed)} not sealed yet.")
    for key_id, number in sorted(verdict.signed_by.items()):
        click.echo(f"{counted(number, 'checkpoint')} by key {key_id}.")
    if verdict.guards_can_be_lifted:
        click.echo("This database role owns the audit log; see parkgraph migrate --grant.")
    broken = counted(verdict.findings, "broken thing") if verdict.findings else "Nothing broken"
    click.echo(f"{broken}.")


def _conclude_as_json(verdict: Verdict) -> None:
    facts = {each.name: getattr(verdict, each.name) for each in fields(verdict)} | {
        "seconds": round(verdict.seconds, 3),
        "entries_per_second": verdict.entries_per_second,
    }
    click.echo(json.dumps({"verdict": facts}))


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"
