"""Judge mutants two at a time, each in processes that were forked from one in which everything is loaded."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

from gate.forks import Fork
from gate.mutants.judging import Verdict, judge
from gate.mutants.planting import Gate, Plant

AT_ONCE = 2
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be judged, and by whom."""

    name: str
    gate: Gate
    plant: Plant


@dataclass(frozen=True, slots=True)
class _Running:
    """A trial under way."""

    trial: Trial
    fork: Fork
    folder: Path
    until: float


def hold(trials: Sequence[Trial], *, seeds: Path, folder: Path) -> Iterator[tuple[Trial, Verdict]]:
    """Hold every trial; give each with its verdict as they come."""
    waiting, running = list(trials), list[_Running]()
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(_begin(waiting.pop(0), seeds=seeds, folder=folder))
        wait([each.fork.sentinel for each in running], timeout=1.0)
        for each in [each for each in running if _is_over(each)]:
            running.remove(each)
            _tidy(each.folder)
            yield each.trial, Verdict.read(each.folder)


def _begin(trial: Trial, *, seeds: Path, folder: Path) -> _Running:
    own = folder / trial.name.replace(": ", "-")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    fork = Fork(partial(judge, trial.gate, trial.plant, seeds=seeds, folder=own))
    return _Running(trial, fork, own, time.monotonic() + PATIENCE_SECONDS)


def _tidy(folder: Path) -> None:
    """Keep what was said, and let go of the databases."""
    for databases in ("home", "pytest"):
        shutil.rmtree(folder / databases, ignore_errors=True)


def _is_over(running: _Running) -> bool:
    if running.fork.poll() is not None:
        return True
    if time.monotonic() > running.until:
        running.fork.kill_group()
        running.fork.wait()
        return True
    return False
