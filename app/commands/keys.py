"""parkgraph keys: the credentials of projects."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from app.commands import budgets, installation, options, tables
from app.presenters import keys as presenter
from app.services import keys as service
from app.services import scopes as rights
from app.services.keys import NewKey

MOST_KEYS_SHOWN = 1_000
HEADING = ("id", "name", "ends with", "created", "last used", "expires", "scopes", "budgets")


@click.group()
def keys() -> None:
    """Make, list, rotate and revoke API keys, and set their budgets."""


@keys.command()
@click.argument("name")
@options.project
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help=(
        f"What it may do, one option each: {', '.join(rights.ALL)}. "
        "By default what it takes to park a car, as far as the plan goes."
    ),
)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]), help="When it ends, UTC.")
def create(name: str, project_id: UUID | None, scopes: tuple[str, ...], expires: datetime | None) -> None:
    """Make the key NAME and print it, this once."""
    caller = installation.caller_for(installation.connect(), project_id)
    allowed = rights.allowed(caller.project.plan) if caller.project else frozenset()
    made = service.create(
        caller,
        name=name,
        scopes=scopes or sorted(rights.DRIVING & allowed),
        expires_at=expires and expires.replace(tzinfo=UTC),
    )
    _show(made.value)


@keys.command()
@click.argument("key_id", type=click.UUID)
def rotate(key_id: UUID) -> None:
    """Replace a key and print the new one.

    The new key has the same rights and an id of its own, the old one ends at once.
    """
    installation.connect()
    _show(service.rotate(installation.operator_at_the_command_line(), key_id).value)


@keys.command()
@click.argument("key_id", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """End a key for good."""
    installation.connect()
    service.delete(installation.operator_at_the_command_line(), key_id)
    click.echo(f"Revoked {key_id}.")


@keys.command("list")
@options.project
def show(project_id: UUID | None) -> None:
    """List the keys of a project, newest first."""
    caller = installation.caller_for(installation.connect(), project_id)
    found = service.page(caller, limit=MOST_KEYS_SHOWN)
    tables.show(HEADING, [_row(presenter.present(key), key.budgets) for key in found.entries])


@keys.command()
@click.argument("key_id", type=click.UUID)
@budgets.limit
def limit(key_id: UUID, budget: str, per_minute: int) -> None:
    """Set a key's budget, higher or lower than the contract's.

    The key may then spend N requests a minute of BUDGET, and 0 goes back to the contract's.

    BUDGET is a name of the contract's catalogue, for example search or session_creation.
    """
    installation.connect()
    service.limit(installation.operator_at_the_command_line(), key_id, budget=budget, per_minute=per_minute)
    click.echo(budgets.said(key_id, budget, per_minute))


def _show(made: NewKey) -> None:
    click.echo(made.text)
    click.echo(f"Key {made.record.id} may: {', '.join(made.record.scopes)}.", err=True)


def _row(facts: dict[str, Any], raised: Mapping[str, int]) -> tuple[object, ...]:
    return (
        *(
            facts.get(name)
            for name in ("id", "name", "last_four", "created_at", "last_used_at", "expires_at")
        ),
        " ".join(facts["scopes"]),
        " ".join(f"{name}={granted}" for name, granted in raised.items()),
    )
