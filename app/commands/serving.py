"""parkgraph run, serve and worker: the processes of an installation."""

import errno
import logging
import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from uuid import UUID

import click
import httpx2
import uvicorn

from app import database, factory
from app.commands import greeting, installation, sandbox_file, seeding, sockets
from app.commands.sandbox_file import SandboxFile
from app.commands.supervising import Supervisor
from app.domain import ids
from app.domain.callers import Actor, Caller
from app.services import lots, projects
from app.settings import CANONICAL_URL, PREFIX, Settings, from_environment

NEAR_VAIL = (39.6403, -106.3742)
SHOWN_LOT = "Lionshead Public Parking"
_PATIENCE_SECONDS = 2.0
"""For a server on this machine that may be there."""


class AnnouncedServer(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, *, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


@click.command()
def run() -> None:
    """Run a server with a sandbox in it.

    Migrates the database, makes a sandbox with synthetic lots if there is none yet, does the background work
    too, and prints where it is, the sandbox's key, and three lines to try. Ctrl-C stops it.
    """
    with suppress(KeyboardInterrupt):
        _run(from_environment())
    click.echo("\nStopped.")


def _run(settings: Settings) -> None:
    installation.require_home(settings.home)
    installation.speak_only_of_errors()
    with closing(sockets.bind(settings)) as bound:
        url = seeding.local_url(settings, port=bound.getsockname()[1])
        _require_alone(settings, url)
        installation.connect_and_migrate(settings)
        installation.require_public_project(settings)
        sandbox = seeding.find_or_seed(settings, url=url)
        settings = _with_sandbox(settings, sandbox)
        config = factory.serve(settings, factory.create_app(settings))
        for chatty in ("uvicorn.error", "parkgraph.audit"):  # the log of `run` is not kept as a witness
            logging.getLogger(chatty).setLevel(logging.WARNING)
        _serve(settings, config, bound, announce=lambda: _greet(settings, sandbox))


def _require_alone(settings: Settings, url: str) -> None:
    """Refuse a second run in a home: whoever reads sandbox.json would lose the first one's address."""
    known = sandbox_file.find(settings.home)
    if known is not None and known.url != url and _answers(known.url):
        raise click.ClickException(
            f"A server of {settings.home} runs at {known.url}. Stop it first, or name another home with "
            "PARKGRAPH_HOME."
        )


def _answers(url: str) -> bool:
    """Tell whether a Park Graph serves at an address."""
    try:
        health = httpx2.get(f"{url}/api/v1/health", timeout=_PATIENCE_SECONDS, trust_env=False)
    except httpx2.HTTPError:
        return False
    return health.is_success


def _with_sandbox(settings: Settings, sandbox: SandboxFile) -> Settings:
    """Let everyone see the sandbox's lots, and drivers reach their receipts here, unless told otherwise."""
    here = settings.pages_url == CANONICAL_URL
    return replace(
        settings,
        pages_url=sandbox.url if here else settings.pages_url,
        public_project=settings.public_project or UUID(sandbox.project_id),
        embedded_worker=True,
        workers=1,
    )


def _greet(settings: Settings, sandbox: SandboxFile) -> None:
    click.echo(greeting.text(sandbox, settings, lot_id=_shown_lot(UUID(sandbox.project_id))))


def _shown_lot(project_id: UUID) -> str | None:
    nobody = Caller(actor=Actor("anonymous"), request_id=ids.request_id(), project=projects.get(project_id))
    lat, lng = NEAR_VAIL
    found = {lot.name: str(lot.id) for lot in lots.search(nobody, lat=lat, lng=lng)}
    return found.get(SHOWN_LOT)


def _serve(
    settings: Settings, config: uvicorn.Config, bound: socket.socket, *, announce: Callable[[], None]
) -> None:
    try:
        AnnouncedServer(config, announce=announce).run(sockets=[bound])
    except OSError as failure:
        if failure.errno != errno.EADDRINUSE:
            raise
        raise sockets.refusal(settings, failure) from failure  # two processes bound it, one listens


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes that serve side by side [PARKGRAPH_WORKERS, or 1].",
)
def serve(workers: int | None) -> None:
    """Run the server alone.

    The database has to be migrated (parkgraph migrate), and background work is done by parkgraph worker,
    unless PARKGRAPH_EMBEDDED_WORKER is set. A worker that dies is replaced. SIGTERM and Ctrl-C let requests
    finish, SIGHUP replaces the workers one by one.
    """
    if workers is not None:
        os.environ[f"{PREFIX}WORKERS"] = str(workers)  # the processes read it again
    settings = installation.connect_to_serve()
    config = factory.serve(settings)
    with closing(sockets.bind(settings)) as bound, suppress(KeyboardInterrupt):
        if settings.workers > 1:
            _supervise(settings, config, bound)
        else:
            _serve(settings, config, bound, announce=lambda: None)
    click.echo("Stopped.")


def _supervise(settings: Settings, config: uvicorn.Config, bound: socket.socket) -> None:
    database.engine().dispose()  # this process only looks after the others
    if settings.redis_url is None:
        click.echo(
            f"Without {PREFIX}REDIS_URL each of the {settings.workers} workers counts its own part of every "
            "rate budget.",
            err=True,
        )
    supervisor = Supervisor(config, bound=bound)
    supervisor.run()
    if supervisor.has_failed:
        raise click.ClickException("A worker could not start. What it said stands above.")


@click.command()
def worker() -> None:
    """Run the background work alone, beside one or more servers.

    It finishes payments that were interrupted, expires sessions that nobody authorised, reminds drivers,
    delivers the embedded processor's events, sends mails, and tells webhooks what happened. Several may run.
    Ctrl-C stops it.
    """
    settings = replace(installation.connect_to_serve(), embedded_worker=True, workers=1)
    config = factory.serve(settings, factory.create_app(settings))
    server = AnnouncedServer(config, announce=lambda: click.echo("The worker goes round. Ctrl-C stops it."))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[])
    click.echo("Stopped.")
