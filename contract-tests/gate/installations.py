"""Installations for the gate: a fresh database with the gate's world in it, and the server on top."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.seeding import ENOUGH
from gate.servers import ROOT, SERVE, Server, environment, serve
from gate.world import World

RAISED = {
    f"BUDGET_{name}": str(ENOUGH) for name in ("ANONYMOUS", "PAGES", "STRIPE_EVENTS", "FAILED_AUTHENTICATION")
}
"""The budgets that are counted by address: all of the gate comes from one."""

_SEEDING_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Installation:
    """A running server and what it was seeded with."""

    server: Server
    world: World
    world_file: Path


@contextmanager
def install(
    home: Path, *, log: Path, command: tuple[str, ...] = SERVE, **settings: str
) -> Iterator[Installation]:
    """Seed a database in an empty folder and serve it; `settings` are variables without PARKGRAPH_."""
    environ = environment(home, PAYMENTS_LIVE="embedded", **settings)
    world_file = home / "world.json"
    home.mkdir(parents=True, exist_ok=True)
    seeded = subprocess.run(
        [sys.executable, "-m", "gate.seeding", str(world_file)],
        env=environ | {"PYTHONPATH": f"{ROOT / 'contract-tests'}:{ROOT}"},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=_SEEDING_SECONDS,
        check=False,
    )
    if seeded.returncode != 0:
        raise RuntimeError(f"The database could not be seeded:\n{seeded.stderr[-4000:]}")
    world = World.read(world_file)
    public = {"PARKGRAPH_PUBLIC_PROJECT": world.fuzzed.project_id}
    with serve(environ | public, log=log, command=command) as server:
        yield Installation(server, world, world_file)
