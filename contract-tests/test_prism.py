"""Prism between client and server: what it lets pass both ways, two who do not know each other call right."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from gate import evening, plans, referee, traffic
from gate.client import Client
from gate.conformity import Judge
from gate.figures import Figures
from gate.fuzzing import Fuzzer
from gate.installations import Installation
from gate.profiles import Profile
from gate.servers import Server
from gate.traffic import Recorder

CASES_AT_LEAST = 500
_VIOLATIONS = "sl-violations"
"""The header in which Prism says what it let pass, though it was not as written."""


@pytest.fixture(scope="module")
def proxied(
    installation: Installation, documents: Mapping[str, Path], reports: Path
) -> Iterator[Installation]:
    """Give the server that most gates question, with Prism before it."""
    log = reports / "prism.log"
    with referee.proxy(documents["openapi.json"], installation.server.url, log=log) as proxy:
        yield replace(installation, server=proxy)


def test_the_evening_in_vail_passes_the_referee(
    proxied: Installation, judge: Judge, recorder: Recorder
) -> None:
    with closing(Client(proxied.server.url, judge=judge, recorder=recorder)) as client:
        told = evening.played(client)
    assert told == [evening.SUBTOTAL, evening.SUBTOTAL]


def test_valid_cases_pass_the_referee_and_so_do_their_answers(
    proxied: Installation, documents: Mapping[str, Path], reports: Path, profile: Profile, figures: Figures
) -> None:
    run = Fuzzer(proxied, reports, profile).run(
        plans.through_prism(documents["openapi.json"], profile.effort)
    )
    figures.say(
        "prism as proxy",
        f"{run.report['operations']['tested']} operations, {run.cases} valid cases, "
        f"{len(run.report['failures'])} failures, {run.seconds:.0f} s",
    )
    assert not run.shortcomings(), "\n".join([*run.shortcomings(), run.output[-12_000:]])
    assert run.cases >= CASES_AT_LEAST
    kept = list(traffic.read([run.traffic] if run.traffic else []))
    assert [each for each in kept if _VIOLATIONS in each.response_headers] == []


class _Leaking(BaseHTTPRequestHandler):
    """A server whose answers tell more than the document says."""

    def do_GET(self) -> None:
        """Answer as a healthy server, and say whose it is."""
        body = b'{"status": "ok", "_owner": "op_1"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def leaking(documents: Mapping[str, Path], tmp_path: Path) -> Iterator[Server]:
    """Put Prism before a server that leaks."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Leaking) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{upstream.server_port}"
        with referee.proxy(documents["openapi.json"], url, log=tmp_path / "prism.log") as proxy:
            yield proxy
        upstream.shutdown()


def test_the_referee_stops_an_answer_that_leaks(leaking: Server) -> None:
    answer = httpx.get(f"{leaking.url}/api/v1/health", trust_env=False)
    assert answer.status_code == 500
    said = answer.json()
    assert said["type"].endswith("#VIOLATIONS")
    assert "_owner" in str(said["validation"])


def test_the_referee_stops_a_request_that_is_not_as_written(proxied: Installation) -> None:
    answer = httpx.get(f"{proxied.server.url}/api/v1/lots/search", params={"limit": "many"}, trust_env=False)
    assert answer.status_code == 422
    assert "limit" in str(answer.json()["validation"])
