"""Processes that begin with all that this one has loaded: importing the server takes longer than judging it.

Only a process with one thread may fork, so nothing here runs inside of the gate's own process.
"""

import logging
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from gate.servers import Command, Process, Start

_FORKING = multiprocessing.get_context("fork")

Work = Callable[[], object]


class Fork:
    """A process that does some work and ends."""

    def __init__(self, work: Work) -> None:
        """Begin to work."""
        self._process = _FORKING.Process(target=work)
        self._process.start()

    @property
    def sentinel(self) -> int:
        """Return what `multiprocessing.connection.wait` waits for the end with."""
        return self._process.sentinel

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        if self._process.pid is not None and self.poll() is None:
            os.kill(self._process.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raise subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        return code

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def kill_group(self) -> None:
        """End it at once with all that it started, if it leads a group of processes."""
        if self._process.pid is not None and self.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def starting(before: Work = lambda: None) -> Start:
    """Return what starts a Python script in a fork, with `before` done first."""

    def start(command: Command, environ: Mapping[str, str], folder: Path, output: BinaryIO) -> Process:
        def work() -> None:
            say_into(output)
            _settle(environ, folder)
            before()
            _run(command)

        return Fork(work)

    return start


def say_into(output: BinaryIO) -> None:
    """Let all that this process says go into a file."""
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    # Whoever forked may have had pytest catch what is said.
    sys.stdout, sys.stderr = (os.fdopen(descriptor, "w", closefd=False) for descriptor in (1, 2))


def _settle(environ: Mapping[str, str], folder: Path) -> None:
    """Take over an environment and a folder, and nothing of what the process before had set."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    warnings.simplefilter("ignore")
    logging.getLogger().handlers.clear()


def _run(command: Command) -> None:
    """Be a command that is a Python script, or Python with one."""
    script = command[1:] if command[0] == sys.executable else command
    sys.argv = list(script)
    runpy.run_path(script[0], run_name="__main__")
