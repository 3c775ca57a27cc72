"""What the server runs: the application of the installation that the environment describes."""

from app.factory import create_app
from app.settings import from_environment

app = create_app(from_environment())
