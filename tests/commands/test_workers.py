"""parkgraph serve --workers: processes side by side, one of which may die, and all of which stop cleanly."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from click.testing import CliRunner

from app.commands.serving import serve
from tests.commands.conftest import Installation
from tests.fire.fleet import Machine, one_to_each_worker
from tests.ports import free_port
from tests.servers import environment

WARNING = "Without PARKGRAPH_REDIS_URL each of the 2 workers counts its own part of every rate budget."
SEARCH = b'{"action": "search_parking", "parameters": {"address": "Lionshead"}}'


@contextmanager
def two_workers(installation: Installation) -> Iterator[Machine]:
    """Run two workers in a process group of their own, as a terminal would, though one was wanted before."""
    port = free_port()
    with (installation.home / "server.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--workers", "2"],
            env=environment(installation.home, PORT=str(port), PARKGRAPH_WORKERS="1"),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield Machine(installation.home, port, supervisor)
    finally:
        if supervisor.poll() is None:
            supervisor.terminate()
            supervisor.wait(timeout=30)


def test_a_worker_that_dies_is_replaced_and_ctrl_c_ends_all_of_them(installation: Installation) -> None:
    with two_workers(installation) as machine:
        first, second = one_to_each_worker(machine, workers=2)
        dead, alive = machine.worker_of(first), machine.worker_of(second)
        assert dead is not None
        assert alive is not None
        os.kill(dead, signal.SIGKILL)
        others = one_to_each_worker(machine, workers=2)
        after = {machine.worker_of(each) for each in others}
        assert len(after) == 2
        assert alive in after
        assert dead not in after
        assert f"Worker {dead} died (code -9) and is replaced" in machine.log
        os.killpg(machine.supervisor.pid, signal.SIGINT)
        assert machine.supervisor.wait(timeout=30) == 0
        for connection in (first, second, *others):
            connection.close()
    assert machine.log.count(WARNING) == 1
    assert machine.log.rstrip().endswith("Stopped.")
    assert "Traceback" not in machine.log


def test_sigterm_lets_a_request_under_way_finish_and_ends_within_ten_seconds(
    installation: Installation,
) -> None:
    with two_workers(installation) as machine:
        for connection in one_to_each_worker(machine, workers=2):
            connection.close()
        connection = half_sent(machine, key=installation.sandbox.api_key)
        began = time.monotonic()
        machine.supervisor.terminate()
        time.sleep(1)  # that long a request may take, and more
        connection.send(SEARCH[20:])
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read())["lots"]
        assert machine.supervisor.wait(timeout=30) == 0
        assert time.monotonic() - began < 10
        connection.close()
    assert machine.log.rstrip().endswith("Stopped.")
    assert "Traceback" not in machine.log


def half_sent(machine: Machine, *, key: str) -> HTTPConnection:
    """Send a request but for the end of its body."""
    connection = machine.connect()
    connection.putrequest("POST", "/api/v1/agents/openai/actions")
    connection.putheader("Authorization", f"Bearer {key}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(SEARCH)))
    connection.endheaders()
    connection.send(SEARCH[:20])
    time.sleep(0.2)
    return connection


def test_workers_that_cannot_start_end_in_one_sentence(installation: Installation) -> None:
    refused = installation.run("serve", "--workers", "2", PORT="0", PARKGRAPH_BUDGET_NONSENSE="5")
    assert refused.returncode == 1
    assert refused.stderr.rstrip().splitlines()[-1] == (
        "Error: A worker could not start. What it said stands above."
    )


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_is_at_least_one(workers: str) -> None:
    refused = CliRunner().invoke(serve, ["--workers", workers])
    assert refused.exit_code == 2
    assert "--workers" in refused.output
