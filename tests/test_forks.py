"""A process that begins with the server loaded is, to whoever asks it, what `parkgraph` is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forks
from tests.servers import PARKGRAPH, environment

IN_TIME = 60.0


@pytest.mark.parametrize(
    "words", [["--version"], ["keys"], ["keys", "list"], ["contract", "show", "ai-plugin.json"], ["nothing"]]
)
def test_a_fork_says_what_a_process_says_and_ends_as_it_does(tmp_path: Path, words: list[str]) -> None:
    environ = environment(tmp_path)
    command = [sys.executable, *PARKGRAPH, *words]
    started = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=IN_TIME, check=False
    )
    forked = forks.run(["app.cli", *words], environ, timeout=IN_TIME)
    assert forked.stdout + forked.stderr
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert forked.stderr == started.stderr


def test_it_knows_the_environment_that_it_is_given_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARKGRAPH_HOST", "nowhere")
    (tmp_path / "told.py").write_text("import os; print(dict(os.environ))", encoding="utf-8")
    environ = {"PYTHONPATH": str(tmp_path), "PORT": "1"}
    monkeypatch.syspath_prepend(tmp_path)
    assert forks.run(["told"], environ, timeout=IN_TIME).stdout == f"{environ}\n"


def test_its_end_by_a_signal_is_told_as_that_of_any_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mortal.py").write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    fork = forks.fork(["mortal"], os.environ, out=tmp_path / "out", err=tmp_path / "err")
    assert fork.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        fork.wait(timeout=0.01)
    fork.kill()
    assert fork.wait(timeout=IN_TIME) == fork.poll() == -signal.SIGKILL
