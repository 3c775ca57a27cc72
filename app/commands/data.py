"""parkgraph migrate and seed: the database, and the sandbox that a new installation begins with."""

import click

from app.commands import installation, sandbox_file, seeding
from app.services import batches
from app.settings import from_environment


@click.command()
def migrate() -> None:
    """Bring the database to this version.

    An empty database gets every table, and one that is at this version already is left as it is.
    """
    installation.connect_and_migrate(from_environment())
    click.echo("The database is at this version.")


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
