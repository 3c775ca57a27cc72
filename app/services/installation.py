"""What services need to know of the installation that they run in."""

from app import database
from app.gateways import open_transactions
from app.settings import Settings

_settings = Settings()


def configure(settings: Settings) -> None:
    """Let services run under these settings, and gateways know when a transaction is open."""
    global _settings  # noqa: PLW0603 -- a process is one installation
    _settings = settings
    open_transactions.forbid_when(database.in_transaction)


def settings() -> Settings:
    """Return the settings that services run under."""
    return _settings
