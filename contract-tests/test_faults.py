"""When our own code fails, the database stays busy, or a name lies: what is said of it, and what is not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.contract.document import Contract, Operation
from gate import examples, webhooks
from gate.client import Client, ClientOf
from gate.faults import Faults
from gate.faulty_server import LYING, NEVER_SHOWN
from gate.figures import Figures
from gate.grounds import Ground
from gate.installations import RAISED, Installation, install
from gate.world import Tenant
from tests.ports import free_port

_OTHER_SITE = {"Origin": "https://elsewhere.example"}
_INSIDE = "10.1.2.3"


@dataclass(frozen=True, slots=True)
class Faulty:
    """A server, and the way to its faults."""

    running: Installation
    faults: Faults

    @property
    def tenant(self) -> Tenant:
        """Return whose things are asked for."""
        return self.running.world.fuzzed


@pytest.fixture(scope="module")
def faulty(
    installation: Installation, ground: Ground, reports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Faulty]:
    """Run a server whose every part can be made to fail."""
    faults, seeded = Faults(free_port()), replace(ground, seeds=installation.seeds)
    home = tmp_path_factory.mktemp("faulty") / "home"
    log = reports / "faulty.log"
    with install(home, log=log, ground=seeded, command=faults.command, **RAISED) as running:
        yield Faulty(running, faults)


@pytest.fixture(scope="module")
def sound(faulty: Faulty, client_of: ClientOf) -> Client:
    """Call that server while nothing fails."""
    return client_of(faulty.running)


@pytest.fixture(scope="module")
def failing(faulty: Faulty, failing_client_of: ClientOf) -> Client:
    """Call it while something does, and ask what it remembers of that."""
    return failing_client_of(faulty.running)


def call(client: Client, operation: Operation, key: str) -> httpx.Response:
    """Send an example of an operation from a page of another site."""
    example = examples.call_of(client.contract, operation)
    headers = {**example.headers, **_OTHER_SITE}
    return client.call(
        operation.id,
        key=key,
        path=example.path,
        query=example.query,
        json=example.json,
        content=example.content,
        headers=headers,
    )


def cors(answer: httpx.Response) -> dict[str, str]:
    """Return what lets scripts of other sites read an answer."""
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


def trace_of(client: Client, tenant: Tenant, answer: httpx.Response) -> dict[str, Any]:
    """Look up what a request was."""
    path = {"request_id": answer.headers["x-request-id"]}
    found = client.call("getTrace", key=tenant.key, path=path)
    assert found.status_code == 200, found.text
    trace: dict[str, Any] = found.json()["trace"]
    return trace


def test_code_that_fails_is_a_500_of_every_operation_that_gives_nothing_away(
    faulty: Faulty, sound: Client, failing: Client, contract: Contract, figures: Figures
) -> None:
    key = faulty.tenant.key
    for operation in contract.operations.values():
        with faulty.faults.of_operations():
            answer = call(failing, operation, key)
        assert answer.status_code == 500, f"{operation.id}: {answer.status_code} {answer.text}"
        error = answer.json()["error"]
        assert (error["code"], error["request_id"]) == ("INTERNAL", answer.headers["x-request-id"])
        assert not leaks(answer.text), answer.text
        assert cors(answer) == cors(call(sound, operation, key)), operation.id
    assert not leaks(faulty.running.server.log.read_text(encoding="utf-8"))
    figures.say("code that fails", f"{len(contract.operations)} operations answer 500, and say no more")


def leaks(text: str) -> bool:
    """Tell whether a text holds anything that only the exception said."""
    return any(word in text for word in NEVER_SHOWN.split(" of "))


def test_a_failure_of_ours_is_traced_with_where_it_happened(
    faulty: Faulty, failing: Client, contract: Contract
) -> None:
    with faulty.faults.of_operations():
        answer = call(failing, contract.operations["getLot"], faulty.tenant.key)
    trace = trace_of(failing, faulty.tenant, answer)
    assert (trace["status"], trace["error_code"]) == (500, "INTERNAL")
    assert trace["stack"][-1] == "builtins.RuntimeError"
    assert not leaks("\n".join(trace["stack"]))


def test_a_database_that_stays_busy_is_a_503_and_is_traced_once_it_is_free(
    faulty: Faulty, failing: Client
) -> None:
    tenant = faulty.tenant
    with closing(sqlite3.connect(faulty.running.home / "parkgraph.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answer = failing.call("updateProject", key=tenant.key, json={"name": "Busy"})
        writer.execute("ROLLBACK")
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    trace = trace_of(failing, tenant, answer)
    assert (trace["status"], trace["error_code"]) == (503, "SERVICE_UNAVAILABLE")


def test_a_name_that_came_to_lead_inside_is_not_delivered_to(
    faulty: Faulty, sound: Client, failing: Client
) -> None:
    key = faulty.running.world.tenants["owner"].key
    webhook = webhooks.new(sound, key, url=f"https://hooks{LYING}/", events=["dispute.opened"])
    faulty.faults.of_names(_INSIDE)
    webhooks.ping(sound, key, webhook["id"])
    [delivery, *_] = webhooks.await_deliveries(
        failing, key, webhook["id"], until=lambda seen: bool(seen and seen[0]["attempts"])
    )
    assert [attempt["failure"] for attempt in delivery["attempts"]] == ["address_refused"]
