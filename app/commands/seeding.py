"""Make the sandbox that `parkgraph run` begins with, once."""

import click

from app.commands import installation, sandbox_file
from app.commands.sandbox_file import SandboxFile
from app.gateways import processors
from app.services import sandboxes, seeds
from app.settings import Settings

ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 -- compared with, not bound to


def local_url(settings: Settings, *, port: int | None = None) -> str:
    """Return the address under which this machine reaches the server."""
    host = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port if port is None else port}"


def find_or_seed(settings: Settings, *, url: str) -> SandboxFile:
    """Return the sandbox of an installation at its present address, making it if this is the first run."""
    known = installation.find_sandbox(settings)
    if known is None:
        return seed(settings, url=url)
    if known.url != url:
        known = SandboxFile(url, known.project_id, known.api_key, known.operator_key)
        sandbox_file.write(settings.home, known)
    return known


def seed(settings: Settings, *, url: str, replace: bool = False) -> SandboxFile:
    """Make a sandbox and write its keys down.

    Raises ClickException if there was one whose file is gone, unless it is to be replaced.
    """
    caller = installation.operator_at_the_command_line()
    if not replace and not sandbox_file.is_announced(settings.home) and seeds.exist():
        raise click.ClickException(_lost(settings))
    sandbox_file.announce(settings.home)
    processors.configure(settings)
    made = sandboxes.create(caller).value
    known = SandboxFile(
        url=url,
        project_id=str(made.project_id),
        api_key=str(made.api_key),
        operator_key=str(made.operator_key),
    )
    sandbox_file.write(settings.home, known)
    return known


def _lost(settings: Settings) -> str:
    return (
        f"{sandbox_file.path_in(settings.home)} is gone, and the keys in it stand nowhere else. "
        "Put a copy back, or make a new sandbox with: parkgraph seed --replace"
    )
