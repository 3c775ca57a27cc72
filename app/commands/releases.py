"""parkgraph contract changes and release: what changed since the released contract, and the next release."""

from pathlib import Path

import click

from app.contract.changes import releases, versions
from app.contract.changes.change import Impact
from app.contract.changes.releases import Shelf, Since
from app.contract.document import Contract


@click.command()
@click.option(
    "--released",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Compare with this document instead of the released one.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Write the entries of the developers' changelog; the draft before any release.",
)
def changes(released: Path | None, *, write: bool) -> None:
    """Tell what changed since the released contract.

    One line for each change: breaking, additive or docs, and on whose side. Fails where info.version is
    not the one that they demand, and where the entries in docs/contract-changes.md are not theirs.
    """
    shelf, contract = Shelf.here(), Contract.read()
    found = releases.since(contract, shelf=shelf, released=released)
    _print(found)
    if write and released is None:
        releases.write(contract, shelf=shelf)
        return
    if found.objection:
        raise click.ClickException(found.objection)
    if released is None and (stale := releases.stale(found, shelf=shelf)):
        names = " and ".join(str(path.relative_to(shelf.root)) for path in stale)
        raise click.ClickException(
            f"The entries in {names} are not up to date: run parkgraph contract changes --write."
        )


@click.command()
def release() -> None:
    """Make the contract the released one.

    Writes it to contract-tests/released/openapi.json, and dates its entries as CHANGELOG.md dates the
    version. Refuses where info.version is not the one that the changes demand.
    """
    made = releases.release(Contract.read(), shelf=Shelf.here())
    click.echo(f"{made.version} is released as of {made.released_on}.")


def _print(found: Since) -> None:
    for impact in Impact:
        listed = [entry for entry in found.entries if entry.impact is impact]
        if listed:
            click.echo(impact.capitalize())
        for entry in listed:
            click.echo(f"  {entry.side:<10}{entry.line}")
    demanded = versions.least(found.entries, released=found.released)
    demand = f", which demands at least {demanded}" if found.entries and not found.is_draft else ""
    click.echo(f"{found.tally}{demand}.")
