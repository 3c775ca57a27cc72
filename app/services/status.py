"""Whether the server can do its work: the database is there and of this version, the worker goes round."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import database, migrations
from app.domain import clock
from app.domain.errors import ServiceUnavailable
from app.services import installation

LONGEST_SILENCE = timedelta(minutes=5)
"""A round takes long while a payment processor hangs, and that is no reason to send nobody any more."""

_beat_at: datetime | None = None


def beat() -> None:
    """Note that the embedded worker goes round."""
    global _beat_at  # noqa: PLW0603 -- a process embeds one worker
    _beat_at = clock.now()


def check() -> None:
    """Return if the server can do its work; raise ServiceUnavailable saying what is missing."""
    if _revision() != _head():
        raise _not_ready("The database is not of this server's version. Run `parkgraph migrate`.")
    if installation.settings().embedded_worker and not _worker_goes_round():
        raise _not_ready("The background worker does not go round.")


def _worker_goes_round() -> bool:
    sweeps = timedelta(seconds=3 * installation.settings().sweep_seconds)
    return _beat_at is not None and clock.now() - _beat_at < max(LONGEST_SILENCE, sweeps)


def _revision() -> str | None:
    with database.reading() as db:
        db.execute(text("SELECT 1"))  # a database that is away is told from one without our tables
        try:
            revision: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
        except DBAPIError:
            return None
    return revision


@cache
def _head() -> str:
    return migrations.head()


def _not_ready(message: str) -> ServiceUnavailable:
    return ServiceUnavailable(message, headers={"Retry-After": "5"})
