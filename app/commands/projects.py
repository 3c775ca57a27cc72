"""parkgraph projects: what keys belong to."""

from uuid import UUID

import click

from app.commands import budgets, installation
from app.domain.callers import ProjectKind
from app.services import project_changes
from app.services import projects as service
from app.services.projects import SimulatedDriver

DRIVERS = click.Choice(["prompt", "absent"])


@click.group()
def projects() -> None:
    """Open and change the projects that keys belong to."""


@projects.command()
@click.argument("operator_id", type=click.UUID)
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["live", "sandbox"]),
    default="live",
    show_default=True,
    help="A sandbox is a world of its own, without lots at first.",
)
def create(operator_id: UUID, name: str, kind: ProjectKind) -> None:
    """Open the project NAME for an operator and print its id."""
    installation.connect()
    caller = installation.operator_at_the_command_line()
    project = service.create(caller, operator_id=operator_id, name=name, kind=kind)
    click.echo(str(project.id))


@projects.command("set")
@click.argument("project_id", type=click.UUID)
@click.option("--name", help="A new name.")
@click.option("--simulated-driver", type=DRIVERS, help="Whether a sandbox's holds are authorised after 30 s.")
@click.option(
    "--end-user-budget",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Agent calls per end user and minute, where 0 counts no end users.",
)
def change(
    project_id: UUID,
    name: str | None,
    simulated_driver: SimulatedDriver | None,
    end_user_budget: int | None,
) -> None:
    """Change what is given and leave the rest."""
    if name is None and simulated_driver is None and end_user_budget is None:
        raise click.UsageError("Say what to change: --name, --simulated-driver or --end-user-budget.")
    installation.connect()
    service.change(
        installation.operator_at_the_command_line(),
        project_id,
        name=name,
        simulated_driver=simulated_driver,
        end_user_budget=end_user_budget,
    )
    click.echo(f"Changed {project_id}.")


@projects.command()
@click.argument("project_id", type=click.UUID)
@budgets.limit
def limit(project_id: UUID, budget: str, per_minute: int) -> None:
    """Grant a project more of a budget than the contract's.

    Its operator may then set up to N requests a minute of BUDGET for each of its keys, with updateProject,
    and 0 takes the grant back.

    BUDGET is a name of the contract's catalogue, for example search or session_creation.
    """
    installation.connect()
    caller = installation.operator_at_the_command_line()
    project_changes.limit(caller, project_id, budget=budget, per_minute=per_minute)
    click.echo(budgets.said(project_id, budget, per_minute))
