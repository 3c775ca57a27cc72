"""parkgraph sandbox: a look behind the curtain of the embedded payment processor."""

import json
from dataclasses import fields
from uuid import UUID

import click

from app.commands import installation
from app.gateways import processors
from app.services import books as service


@click.group()
def sandbox() -> None:
    """Look into sandboxes, in which no money moves."""


@sandbox.command()
@click.argument("session_id", type=click.UUID)
def books(session_id: UUID) -> None:
    """Print what the embedded processor holds of a session, as JSON.

    \b
    authorized   held on the card when the driver authorised
    captured     taken for the stay
    fee          the platform's part of what was taken and kept
    released     let go without being taken
    refunded     given back after it was taken
    disputed     with the driver's bank, which took it back
    """
    processors.configure(installation.connect())
    kept = service.get(session_id)
    sums = {each.name: getattr(kept, each.name).to_major() for each in fields(kept)}
    facts = {"session_id": str(session_id), "currency": kept.captured.currency}
    click.echo(json.dumps(facts | sums, indent=2))
