"""parkgraph migrate and seed: the database, and the sandbox that a new installation begins with."""

import click

from app.commands import installation, sandbox_file, seeding
from app.services import batches
from app.settings import from_environment


@click.command()
@click.option("--grant", "role", metavar="ROLE", help="Let this PostgreSQL role serve, and no more.")
def migrate(role: str | None) -> None:
    """Bring the database to this version.

    An empty database gets every table, and one that is at this version already is left as it is.

    On PostgreSQL, migrate as the owner of the tables and serve as another role. That one can add to the audit
    log, but neither change nor delete, nor lift the triggers that refuse it.
    """
    installation.connect_and_migrate(from_environment())
    click.echo("The database is at this version.")
    if role is not None:
        installation.grant(role)
        click.echo(f"{role} may serve from it.")


@click.command()
@click.option("--replace", is_flag=True, help="Make a new sandbox even if there is one, which stays.")
def seed(replace: bool) -> None:
    """Make a sandbox with synthetic lots, and write its keys to sandbox.json.

    Does nothing where sandbox.json is there already. The database is migrated first.
    """
    installation.speak_only_of_errors()
    settings = from_environment()
    installation.connect_and_migrate(settings)
    known = None if replace else installation.find_sandbox(settings)
    if known is None:
        known = seeding.seed(settings, url=seeding.local_url(settings), replace=replace)
    click.echo(f"{sandbox_file.path_in(settings.home)} holds the keys of sandbox {known.project_id}.")
    batches.flush()
