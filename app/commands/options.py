"""Options that several commands share."""

import click

PLANS = click.Choice(["starter", "growth", "enterprise"])

project = click.option(
    "--project",
    "project_id",
    type=click.UUID,
    metavar="ID",
    help="The project that is meant, by default the sandbox of sandbox.json.",
)
