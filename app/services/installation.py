"""What services need to know of the installation that they run in."""

from uuid import UUID, uuid4

from sqlalchemy import select

from app import database
from app.gateways import open_transactions
from app.models import Installation
from app.services import rows
from app.settings import Settings

_settings = Settings()
_id: UUID | None = None


def configure(settings: Settings) -> None:
    """Let services run under these settings, and gateways know when a transaction is open."""
    global _settings, _id
    _settings, _id = settings, None
    open_transactions.forbid_when(database.in_transaction)


def settings() -> Settings:
    """Return the settings that services run under."""
    return _settings


def identity() -> UUID:
    """Return what this installation is known by to others: made once, and kept in the database."""
    global _id  # noqa: PLW0603 -- it never changes
    if _id is None:
        _id = _kept() or _made()
    return _id


def _kept() -> UUID | None:
    with database.reading() as db:
        return db.scalar(select(Installation.id))


def _made() -> UUID:
    with database.transaction() as db:
        rows.add_unless_there(db, Installation, {"number": 1, "id": uuid4()})
        return db.scalars(select(Installation.id)).one()
