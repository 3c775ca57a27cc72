"""Bring a database to the shape that this version needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_FOLDER = Path(__file__).parent


class NewerDatabase(RuntimeError):
    """The database was migrated by a later version of Park Graph."""


class OlderDatabase(RuntimeError):
    """The database has not been migrated to this version of Park Graph."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def head() -> str:
    """Name the newest revision that this version knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("No migration was found.")
    return revision


def current(engine: Engine) -> str | None:
    """Name the revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(engine: Engine) -> None:
    """Refuse a database of any other version; raise OlderDatabase or NewerDatabase."""
    if _known(current(engine)) != head():
        raise OlderDatabase("The database is not at this version of Park Graph. Run: parkgraph migrate")


def upgrade(engine: Engine) -> None:
    """Migrate the database to the newest revision; raise NewerDatabase where it is past that."""
    if _known(current(engine)) == head():
        return
    config = _config()
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _known(revision: str | None) -> str | None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabase(f"The database is at revision {revision}, made by a newer version of Park Graph.")
    return revision
