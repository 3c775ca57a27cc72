"""parkgraph run, serve and worker: up, greeting, and cleanly down."""

import json
import shlex
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from app.commands.traces import trace
from tests.commands.conftest import Installation
from tests.servers import (
    WITHOUT_CERTIFICATES,
    Server,
    environment,
    free_port,
    launch,
    parkgraph,
    running,
    start,
    stop,
)

PROCESSES = ("serve", "worker")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("served") / "home", begin=launch, **shared_database) as server:
        yield server


def curl(line: str) -> httpx.Response:
    """Do what curl does with a printed line, as a shell would read it."""
    words = shlex.split(line)
    assert words[:2] == ["curl", "-s"]
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1] if "-d" in words else None
    return httpx.request("POST" if body else "GET", words[2], headers=headers, content=body, timeout=30)


def test_the_greeting_names_address_and_key_once(server: Server) -> None:
    greeting = server.log.split("Ctrl-C stops it.")[0]
    assert f"Park Graph is ready: {server.url}\n" in greeting
    assert f"Sandbox key: {server.sandbox['api_key']}\n" in greeting
    assert "NO MONEY MOVES" in greeting
    assert server.log.count("Park Graph is ready") == 1
    assert server.sandbox["operator_key"] not in server.log


def test_work_in_the_background_says_nothing_to_whoever_only_looks_on(server: Server) -> None:
    patience = time.monotonic() + 30
    while not server.rows("SELECT 1 FROM audit_checkpoints") and time.monotonic() < patience:
        time.sleep(0.1)
    assert server.rows("SELECT 1 FROM audit_checkpoints")
    assert "INFO parkgraph.worker" not in server.log
    assert "INFO parkgraph.audit" not in server.log


def test_its_three_lines_work_as_printed_and_more_than_once(server: Server) -> None:
    lines = [line for line in server.log.splitlines() if line.startswith("curl ")]
    assert len(lines) == 3
    search, rates, session = [[curl(line), curl(line)] for line in lines]
    found = search[0].json()["lots"]
    assert [lot["name"] for lot in found][:2] == ["Vail Village Lifthouse Lot", "Lionshead Public Parking"]
    assert json.loads(shlex.split(lines[0])[-1]) == {
        "action": "search_parking",
        "parameters": {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5},
    }
    assert rates[1].json()["rates"]["rate"] == 6.0
    assert {answer.json()["session"]["id"] for answer in session} == {session[0].json()["session"]["id"]}
    assert session[1].headers["Idempotent-Replayed"] == "true"


def test_anyone_sees_the_sandbox_and_its_receipts_are_here(server: Server) -> None:
    lots = httpx.get(f"{server.url}/api/v1/lots/search", params={"address": "Lionshead"}).json()["lots"]
    with server.client() as client:
        body = {"lot_id": lots[0]["id"], "plate": "CO-2222"}
        receipt_url = client.post("/api/v1/sessions", json=body).json()["session"]["receipt_url"]
    assert receipt_url.startswith(f"{server.url}/r/")
    page = httpx.get(receipt_url)
    assert page.status_code == 200
    assert "Sandbox, no money moves." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("token", ["x", "nothing-that-was-ever-given-out", "%00", "a" * 3000])
def test_an_unknown_receipt_is_a_page_that_is_not_found(server: Server, token: str) -> None:
    answer = httpx.get(f"{server.url}/r/{token}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "NOT_FOUND" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_session_is_traced_and_its_books_are_open(server: Server) -> None:
    lots = httpx.get(f"{server.url}/api/v1/lots/search", params={"address": "Lionshead"}).json()["lots"]
    with server.client() as client:
        body = {"lot_id": lots[0]["id"], "plate": "CO-3333", "payment_method": "pm_card_visa"}
        answer = client.post("/api/v1/sessions", json=body)
    session = answer.json()["session"]
    books = json.loads(server.command("sandbox", "books", session["id"]).stdout)
    assert books == {
        "session_id": session["id"],
        "currency": "USD",
        "authorized": 25.5,
        "captured": 0.0,
        "fee": 0.0,
        "released": 0.0,
        "refunded": 0.0,
        "disputed": 0.0,
    }
    request_id = answer.headers["X-Request-Id"]
    facts = json.loads(server.command("trace", request_id, "--json").stdout)  # it waits until it is stored
    assert facts["operation_id"] == "createSession"
    assert facts["status"] == 201
    assert facts["upstream"]
    shown = server.command("trace", request_id).stdout
    assert f"request_id      {request_id}\n" in shown
    assert "CO-3333" not in shown + json.dumps(facts)


def test_what_is_not_there_is_one_sentence(server: Server) -> None:
    unknown = "019d79bb-20c0-7128-a24b-e40ad23f0824"
    assert server.command("sandbox", "books", unknown).stderr == "Error: There is no session with this id.\n"
    nothing = server.command("trace", f"req_{'0' * 32}")
    assert (nothing.returncode, nothing.stderr) == (1, f"Error: There is no trace of req_{'0' * 32}.\n")


def test_what_is_no_request_id_is_said_to_be_none() -> None:
    refused = CliRunner().invoke(trace, ["foo"])
    assert refused.output == "Error: foo is no request id; it is req_ and 32 hexadecimal digits.\n"


def test_a_taken_port_is_one_sentence_and_touches_nothing(server: Server, tmp_path: Path) -> None:
    port = server.url.rsplit(":", 1)[1]
    refused = parkgraph(tmp_path / "home", "run", PORT=port)
    assert refused.returncode == 1
    sentence = f"127.0.0.1 port {port} is taken; stop what runs there, or choose another with PORT."
    assert refused.stderr == f"Error: {sentence}\n"
    assert list((tmp_path / "home").iterdir()) == []


def test_a_second_run_beside_the_first_is_refused_and_touches_nothing(server: Server) -> None:
    written = (server.home / "sandbox.json").read_bytes()
    refused = parkgraph(server.home, "run", PORT="0")
    sentence = f"A server of {server.home} runs at {server.url}. Stop it first, or name another home with"
    assert (refused.returncode, refused.stderr) == (1, f"Error: {sentence} PARKGRAPH_HOME.\n")
    assert (server.home / "sandbox.json").read_bytes() == written


def test_a_second_run_keeps_the_keys_and_follows_the_port(installation: Installation) -> None:
    before = installation.sandbox
    server = start(installation.home, begin=launch)
    stop(server)
    assert installation.sandbox.api_key == before.api_key
    assert installation.sandbox.operator_key == before.operator_key
    assert installation.sandbox.url == server.url != before.url
    assert stat.S_IMODE((installation.home / "sandbox.json").stat().st_mode) == 0o600
    assert server.log.rstrip().endswith("Stopped.")
    assert "Traceback" not in server.log


@contextmanager
def process(installation: Installation, *words: str, **more: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a process of an installation, and see that Ctrl-C ends it cleanly."""
    started = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *words],
        env=environment(installation.home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT)
        output, _ = started.communicate(timeout=30)
    assert started.returncode == 0, output
    assert output.rstrip().endswith("Stopped."), output
    assert "Traceback" not in output


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/ready", timeout=10, verify=WITHOUT_CERTIFICATES).status_code == 200
    except httpx.TransportError:
        return False


def wait_until_ready(url: str, started: "subprocess.Popen[str]") -> None:
    while not is_ready(url):
        assert started.poll() is None, started.communicate()[0]
        time.sleep(0.05)


def test_serve_answers_alone(installation: Installation) -> None:
    port = free_port()
    with process(installation, "serve", PORT=str(port)) as started:
        wait_until_ready(f"http://127.0.0.1:{port}", started)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            client.headers["Authorization"] = f"Bearer {installation.sandbox.api_key}"
            found = client.get("/api/v1/lots/search", params={"address": "Lionshead"}).json()["lots"]
    assert found[0]["name"] == "Lionshead Public Parking"


def test_serve_may_be_several_processes(installation: Installation) -> None:
    port = free_port()
    with process(installation, "serve", PORT=str(port), PARKGRAPH_WORKERS="2") as started:
        wait_until_ready(f"http://127.0.0.1:{port}", started)
        assert httpx.get(f"http://127.0.0.1:{port}/api/v1/health").json() == {"status": "ok"}


def test_the_worker_goes_round_without_a_port(installation: Installation) -> None:
    with process(installation, "worker") as started:
        assert started.stdout is not None
        assert "The worker goes round." in "".join(iter_until(started, "Ctrl-C"))


def iter_until(started: "subprocess.Popen[str]", sign: str) -> Iterator[str]:
    assert started.stdout is not None
    for line in started.stdout:
        yield line
        if sign in line:
            return


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_of_its_own_asks_for_a_migrated_database(tmp_path: Path, name: str) -> None:
    (tmp_path / "parkgraph.sqlite3").touch()
    refused = parkgraph(tmp_path, name, PORT="0")
    assert refused.returncode == 1
    assert refused.stderr.endswith("Run: parkgraph migrate\n")


def test_an_address_of_nobody_is_one_sentence(tmp_path: Path) -> None:
    refused = parkgraph(tmp_path, "run", PORT="0", PARKGRAPH_HOST="203.0.113.1")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: Cannot listen on 203.0.113.1 port 0: ")


def test_a_public_project_that_is_not_there_is_refused_before_listening(installation: Installation) -> None:
    unknown = "019d79bb-20c0-7128-a24b-e40ad23f0824"
    sentence = f"PARKGRAPH_PUBLIC_PROJECT is {unknown}; there is no such sandbox in the database."
    for name in ("run", "serve"):
        assert installation.refuses(name, PORT="0", PARKGRAPH_PUBLIC_PROJECT=unknown) == sentence
