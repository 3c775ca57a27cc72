"""Connect a command to the installation that the environment describes."""

import getpass
import logging
import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import Engine, make_url

from app import database, migrations
from app.commands import sandbox_file
from app.commands.sandbox_file import SandboxFile
from app.domain import ids
from app.domain.callers import Actor, Caller, ProjectRef
from app.domain.errors import NotFound
from app.migrations import NewerDatabase, OlderDatabase, grants
from app.migrations.grants import GrantRefused
from app.services import installation, projects
from app.settings import Settings, SettingsError, from_environment

OTHERS_MAY_NOTHING = 0o077
IN_MEMORY = Path(":memory:")


def connect() -> Settings:
    """Connect to a migrated database; raise ClickException for one of another version or none at all."""
    speak_only_of_errors()  # what such a command has to say, it prints
    settings = from_environment()
    _require_database(settings)
    return _connect(settings, migrations.require_current)


def connect_to_serve() -> Settings:
    """Connect to a migrated database for a process that keeps files in its home."""
    settings = connect()
    require_home(settings.home)
    require_public_project(settings)
    return settings


def connect_and_migrate(settings: Settings) -> None:
    """Connect to the database and bring it to this version; raise ClickException where it is past that."""
    require_home(settings.home)
    _connect(settings, migrations.upgrade)


def grant(role: str) -> None:
    """Let a role serve from the connected database; raise ClickException for one that grants can't hold."""
    try:
        grants.grant(database.engine(), role)
    except GrantRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _connect(settings: Settings, settle_version: Callable[[Engine], None]) -> Settings:
    _keep_to_ourselves()
    try:
        settle_version(database.configure(settings))
    except (OlderDatabase, NewerDatabase) as failure:
        raise click.ClickException(str(failure)) from failure
    installation.configure(settings)
    return settings


def _require_database(settings: Settings) -> None:
    """Look before SQLite makes an empty file of a mistyped home."""
    url = make_url(settings.database_url)
    path = Path(url.database or ":memory:")
    if url.get_backend_name() != "sqlite" or path == IN_MEMORY or path.exists():
        return
    is_in_home = path.parent == settings.home
    where = settings.home if is_in_home else path
    name_it = "Name its home with PARKGRAPH_HOME" if is_in_home else "Name it with PARKGRAPH_DATABASE_URL"
    raise click.ClickException(
        f"There is no Park Graph database {'in' if is_in_home else 'at'} {where} ({where.absolute()}). "
        f"{name_it}, or make one with: parkgraph migrate"
    )


def _keep_to_ourselves() -> None:
    """Let nobody else on this machine read the files that we make: they hold plates and receipts' links."""
    os.umask(OTHERS_MAY_NOTHING)


def speak_only_of_errors() -> None:
    """Keep the log out of what a command prints; a server sets up a log of its own afterwards."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")


def require_home(home: Path) -> None:
    """Make the folder that holds our files; raise ClickException where we may not write."""
    _keep_to_ourselves()
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
    project = projects.get(project_id) if project_id else _seeded_project(settings)
    return Caller(actor=Actor("operator_cli", _login()), request_id=ids.request_id(), project=project)


def _seeded_project(settings: Settings) -> ProjectRef:
    return _sandbox_of(settings, sandbox_file.get(settings.home))


def find_sandbox(settings: Settings) -> SandboxFile | None:
    """Read sandbox.json, if there is one; raise ClickException for one of another database."""
    known = sandbox_file.find(settings.home)
    if known is not None:
        _sandbox_of(settings, known)
    return known


def _sandbox_of(settings: Settings, known: SandboxFile) -> ProjectRef:
    found = _find_sandbox_project(UUID(known.project_id))
    if found is None:
        raise click.ClickException(
            f"{sandbox_file.path_in(settings.home)} belongs to another database: sandbox {known.project_id} "
            "is not in this one. Set PARKGRAPH_DATABASE_URL back, or make a new sandbox with: "
            "parkgraph seed --replace"
        )
    return found


def require_public_project(settings: Settings) -> None:
    """Raise SettingsError where the lots that anyone should see are of no sandbox in this database."""
    wanted = settings.public_project
    if wanted is not None and _find_sandbox_project(wanted) is None:
        raise SettingsError(
            f"PARKGRAPH_PUBLIC_PROJECT is {wanted}; there is no such sandbox in the database."
        )


def _find_sandbox_project(project_id: UUID) -> ProjectRef | None:
    try:
        found = projects.get(project_id)
    except NotFound:
        return None
    return found if found.kind == "sandbox" else None


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return None
