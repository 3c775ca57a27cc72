"""Connect a command to the installation that the environment describes."""

import getpass
import logging
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import Engine

from app import database, migrations
from app.commands import sandbox_file
from app.domain import ids
from app.domain.callers import Actor, Caller
from app.migrations import NewerDatabase, OlderDatabase
from app.services import installation, projects
from app.settings import Settings, from_environment


def connect() -> Settings:
    """Connect to a migrated database; raise ClickException for one of another version."""
    logging.basicConfig(
        level=logging.ERROR, format="%(message)s"
    )  # what such a command has to say, it prints
    return _connect(from_environment(), migrations.require_current)


def connect_and_migrate(settings: Settings) -> None:
    """Connect to the database and bring it to this version; raise ClickException where it is past that."""
    _connect(settings, migrations.upgrade)


def _connect(settings: Settings, settle_version: Callable[[Engine], None]) -> Settings:
    require_home(settings.home)
    try:
        settle_version(database.configure(settings))
    except (OlderDatabase, NewerDatabase) as failure:
        raise click.ClickException(str(failure)) from failure
    installation.configure(settings)
    return settings


def speak_only_of_errors() -> None:
    """Keep the log out of what a command prints; a server sets up a log of its own afterwards."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")


def require_home(home: Path) -> None:
    """Make the folder that holds our files; raise ClickException where we may not write."""
    probe = home / ".writable"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise click.ClickException(
            f"Park Graph cannot write to its home {home} ({reason}); name another with PARKGRAPH_HOME."
        ) from failure


def operator_at_the_command_line() -> Caller:
    """Return who acts here, for no project in particular."""
    return Caller(actor=Actor("operator_cli", _login()), request_id=ids.request_id())


def caller_for(settings: Settings, project_id: UUID | None) -> Caller:
    """Return who acts here for a project, or for the sandbox of sandbox.json where none is named."""
    wanted = project_id or UUID(sandbox_file.get(settings.home).project_id)
    return Caller(
        actor=Actor("operator_cli", _login()),
        request_id=ids.request_id(),
        project=projects.get(wanted),
    )


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return None
