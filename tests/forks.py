"""Processes that begin with the server loaded: importing it takes longer than most of what they are asked.

One process imports it for each process that runs tests, and has one thread, no database and no setting. What
it forks is given words, an environment and where to write, and is then as if somebody had started it.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from app.cli import COMMANDS
from app.contract.document import Contract

_FORKING = multiprocessing.get_context("forkserver")
_LOADED = [
    *(entry.place.partition(":")[0] for entry in COMMANDS.values()),
    *(operation.module for operation in Contract.read().operations.values()),
]
_FORKING.set_forkserver_preload(sorted(set(_LOADED)))


@dataclass(frozen=True, slots=True)
class Fork:
    """A process that was forked, with what `subprocess.Popen` has of the same names."""

    _process: ForkServerProcess

    @property
    def pid(self) -> int:
        """Return its id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raise subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def fork(words: Sequence[str], environ: Mapping[str, str], *, out: Path, err: Path) -> Fork:
    """Start what `python -m …` would with these words; what it says is added to the files."""
    module, *arguments = words
    process = _FORKING.Process(target=_be, args=(module, arguments, dict(environ), out, err), name=module)
    process.start()
    return Fork(process)


def run(
    words: Sequence[str], environ: Mapping[str, str], *, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Do what `python -m …` would with these words, and return what it said; raise TimeoutExpired."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        for path in (out, err):
            path.touch()
        process = fork(words, environ, out=out, err=err)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())


def _be(module: str, arguments: list[str], environ: dict[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    _attach(0, Path(os.devnull), os.O_RDONLY)
    for descriptor, path in ((1, out), (2, err)):
        _attach(descriptor, path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    sys.argv = [module, *arguments]
    sys.modules.pop(module, None)  # it becomes __main__
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _attach(descriptor: int, path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, descriptor)
    os.close(opened)
