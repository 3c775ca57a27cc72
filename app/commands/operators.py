"""parkgraph operators: the companies that run lots."""

import click

from app.commands import installation, options
from app.domain.callers import Plan
from app.services import operators as service


@click.group()
def operators() -> None:
    """Take on the companies that run lots."""


@operators.command()
@click.argument("name")
@click.option("--plan", type=options.PLANS, default="growth", show_default=True, help="What it may use.")
def create(name: str, plan: Plan) -> None:
    """Take on the operator NAME and print its id.

    The plan decides what keys may be allowed: starter has no agents; growth and enterprise have them.
    """
    installation.connect()
    operator = service.create(installation.operator_at_the_command_line(), name=name, plan=plan)
    click.echo(str(operator.id))
