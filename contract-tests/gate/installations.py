"""Installations for the gate: a fresh database with the gate's world in it, and the server on top."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.grounds import Ground
from gate.servers import ROOT, SERVE, Command, Server, environment, serve
from gate.world import ENOUGH, World

RAISED = {
    f"BUDGET_{name}": str(ENOUGH) for name in ("ANONYMOUS", "PAGES", "STRIPE_EVENTS", "FAILED_AUTHENTICATION")
}
"""The budgets that are counted by address: all of the gate comes from one."""

WORLD = "world.json"

_SEEDING_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Installation:
    """A running server and what it was seeded with."""

    server: Server
    world: World
    home: Path

    @property
    def world_file(self) -> Path:
        """Return where the world is written down for other processes."""
        return self.home / WORLD

    @property
    def seeds(self) -> Path:
        """Return the folder with its files as they were before the server started."""
        return self.home / "seeds"


@contextmanager
def install(
    home: Path,
    *,
    log: Path,
    ground: Ground,
    command: Command = SERVE,
    **settings: str,
) -> Iterator[Installation]:
    """Serve a seeded database out of an empty folder; `settings` are variables without PARKGRAPH_."""
    environ = environment(home, PAYMENTS_LIVE="embedded", **settings)
    home.mkdir(parents=True)
    if ground.seeds is None:
        _seed(environ, home)
    else:
        shutil.copytree(ground.seeds, home, dirs_exist_ok=True)
    seeds = home / "seeds"
    shutil.copytree(home, seeds, ignore=shutil.ignore_patterns(seeds.name))
    world = World.read(home / WORLD)
    public = {"PARKGRAPH_PUBLIC_PROJECT": world.fuzzed.project_id}
    with serve(environ | public, log=log, command=command, start=ground.start) as server:
        yield Installation(server, world, home)


def _seed(environ: Mapping[str, str], home: Path) -> None:
    seeded = subprocess.run(
        [sys.executable, "-m", "gate.seeding", str(home / WORLD)],
        env={**environ, "PYTHONPATH": f"{ROOT / 'contract-tests'}:{ROOT}"},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=_SEEDING_SECONDS,
        check=False,
    )
    if seeded.returncode != 0:
        raise RuntimeError(f"The database could not be seeded:\n{seeded.stderr[-4000:]}")
