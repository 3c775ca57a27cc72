"""An installation without a server: what services stand on, in this process."""

from app import database
from app.gateways import processors
from app.services import installation
from app.settings import Settings


def configure(settings: Settings) -> None:
    """Connect this process to its database and its payment processors."""
    database.configure(settings)
    installation.configure(settings)
    processors.configure(settings)
