"""When something that the server stands on fails: 502 and 503, after which a retry does the rest."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.contract.document import Contract
from gate import examples, plans, processor
from gate.client import Client, ClientOf
from gate.figures import Figures
from gate.fuzzing import Fuzzer
from gate.grounds import Ground
from gate.installations import RAISED, Installation, install
from gate.profiles import Profile
from gate.strictness import StrictInstallation
from gate.world import Tenant
from tests.databases import postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def calling(strict: StrictInstallation, failing_client_of: ClientOf) -> Client:
    """Call the server whose processor can be made to fail."""
    return failing_client_of(strict.running, X_Forwarded_Proto="https")


@pytest.fixture(scope="module")
def waiting(strict: StrictInstallation, client_of: ClientOf) -> Client:
    """Call it while its processor takes its time, which is no failure."""
    return client_of(strict.running, X_Forwarded_Proto="https")


@pytest.fixture(scope="module")
def tenant(strict: StrictInstallation) -> Tenant:
    """Work in a sandbox of that server."""
    return strict.running.world.tenants["owner"]


def order(tenant: Tenant) -> dict[str, Any]:
    """Order a session with a card, for a plate of its own."""
    return {"lot_id": tenant.lots[0], "plate": f"FAULT {next(_numbers)}", "payment_method": "pm_card_visa"}


def started(client: Client, tenant: Tenant) -> tuple[dict[str, str], dict[str, Any]]:
    """Start a session; return the path to it, and its code."""
    session = client.call("createSession", key=tenant.key, json=order(tenant)).json()["session"]
    return {"session_id": session["id"]}, {"session_code": session["session_code"]}


def requests(client: Client, tenant: Tenant) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Give every write that asks the processor, with the status of its success."""
    yield "createSession", 201, {"json": order(tenant)}
    path, code = started(client, tenant)
    yield "extendSession", 200, {"path": path, "json": code | {"extend_hours": 1}}
    yield "endSession", 200, {"path": path, "json": code}
    paid = {"session_id": tenant.paid_sessions[0]}
    yield "createRefund", 201, {"path": paid, "json": {"amount": 0.01}}
    yield "createPayoutAccountLink", 201, {"json": {"country": "US"}}
    refund = {"action": "request_refund", "parameters": paid | {"amount": 0.01}}
    yield "dispatchPlatformAction", 200, {"path": {"platform": "copilot"}, "json": refund}
    for platform in ({}, {"platform": "copilot"}):
        operation = "dispatchPlatformAction" if platform else "dispatchAction"
        body = {"action": "create_session", "parameters": order(tenant)}
        yield operation, 200, {"path": platform, "json": body}


def test_a_processor_that_fails_is_a_502_and_the_same_request_succeeds_later(
    calling: Client, tenant: Tenant, strict: StrictInstallation, figures: Figures
) -> None:
    tried = 0
    for operation, success, request in requests(calling, tenant):
        headers = {"Idempotency-Key": f"fault-{next(_numbers)}"}
        strict.inject(status=500)
        failed = calling.call(operation, key=tenant.key, headers=headers, **request)
        assert failed.status_code == 502, f"{operation}: {failed.status_code} {failed.text}"
        assert failed.json()["error"]["code"] == "BAD_GATEWAY"
        again = calling.call(operation, key=tenant.key, headers=headers, **request)
        assert again.status_code == success, f"{operation}: {again.status_code} {again.text}"
        tried += 1
    figures.say("processor's failures", f"{tried} writes answered 502, and succeeded under the same key")


def test_the_time_that_a_failure_takes_is_not_billed(
    calling: Client, tenant: Tenant, strict: StrictInstallation
) -> None:
    path, code = started(calling, tenant)
    advanced = calling.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 14_472})
    assert advanced.status_code == 200, advanced.text
    strict.inject(status=500)
    assert calling.call("endSession", key=tenant.key, path=path, json=code).status_code == 502
    calling.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 360})
    ended = calling.call("endSession", key=tenant.key, path=path, json=code)
    shown = calling.call("getSession", key=tenant.key, path=path).json()["session"]
    assert ended.status_code in (200, 409)  # the worker may have settled it meanwhile
    assert (shown["status"], shown["duration_hours"], shown["subtotal"]) == ("completed", 4.02, 24.12)


def test_a_clock_whose_work_fails_is_a_502_and_goes_on_under_the_same_key(
    calling: Client, tenant: Tenant, strict: StrictInstallation
) -> None:
    unpaid = {name: value for name, value in order(tenant).items() if name != "payment_method"}
    calling.call("createSession", key=tenant.key, json=unpaid)
    headers = {"Idempotency-Key": f"clock-{next(_numbers)}"}
    strict.inject(status=500)
    advance: dict[str, Any] = {"key": tenant.key, "json": {"advance_seconds": 60}, "headers": headers}
    assert calling.call("advanceSandboxClock", **advance).status_code == 502
    assert calling.call("advanceSandboxClock", **advance).status_code == 200


def test_an_event_whose_payment_cannot_be_looked_up_is_a_502_and_taken_when_it_comes_again(
    calling: Client, tenant: Tenant, strict: StrictInstallation
) -> None:
    session = calling.call("createSession", key=tenant.key, json=order(tenant)).json()["session"]
    intent = session["payment_intent_id"]
    event = processor.event_of("payment_intent.succeeded", intent=intent)
    strict.inject(method="GET", path=f".*{intent}", status=500)  # and not what the worker looks up meanwhile
    failed = processor.send_patiently(calling, event)
    assert (failed.status_code, failed.json()["error"]["code"]) == (502, "BAD_GATEWAY")
    assert processor.send_patiently(calling, event).json() == {"received": True}


def slow_requests(client: Client, tenant: Tenant) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Give every write that waits for the processor, the clock's among them."""
    yield from requests(client, tenant)
    unpaid = {name: value for name, value in order(tenant).items() if name != "payment_method"}
    client.call("createSession", key=tenant.key, json=unpaid)
    yield "advanceSandboxClock", 200, {"json": {"advance_seconds": 60}}


def test_of_two_who_ask_at_once_one_is_told_to_wait_before_the_other_is_answered(
    waiting: Client, tenant: Tenant, strict: StrictInstallation
) -> None:
    for operation, success, request in slow_requests(waiting, tenant):
        headers = {"Idempotency-Key": f"slow-{next(_numbers)}"}
        ask = partial(waiting.call, operation, key=tenant.key, headers=headers, **request)
        with ThreadPoolExecutor() as threads, strict.hanging():
            asked = [threads.submit(ask) for _ in range(2)]
            told, running = wait(asked, return_when=FIRST_COMPLETED)
        [second] = [future.result() for future in told]
        assert second.status_code == 409, f"{operation}: {second.status_code} {second.text}"
        assert int(second.headers["retry-after"]) >= 1
        assert [future.result().status_code for future in running] == [success], operation


@dataclass(frozen=True, slots=True)
class OnPostgres:
    """An installation on PostgreSQL, and the way to take the database away from it."""

    running: Installation
    database: ExitStack


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Iterator[OnPostgres]:
    """Run a server on PostgreSQL."""
    with ExitStack() as database:
        settings = RAISED | {"DATABASE_URL": database.enter_context(postgres()).fresh()}
        home = tmp_path_factory.mktemp("postgresql") / "home"
        with install(home, log=reports / "postgresql.log", ground=Ground(), **settings) as running:
            yield OnPostgres(running, database)


def test_on_postgresql_schemathesis_finds_nothing_either(
    on_postgres: OnPostgres, reports: Path, profile: Profile, figures: Figures
) -> None:
    run = Fuzzer(on_postgres.running, reports, profile).run(plans.briefly(profile.effort))
    figures.say(
        "schemathesis: PostgreSQL",
        f"{run.report['operations']['tested']} operations, {run.cases} cases, "
        f"{len(run.report['failures'])} failures, {run.seconds:.0f} s",
    )
    assert not run.shortcomings(), "\n".join([*run.shortcomings(), run.output[-8000:]])
    assert on_postgres.running.server.tracebacks() == 0


def test_without_its_database_the_server_says_503_everywhere(
    on_postgres: OnPostgres, failing_client_of: ClientOf, contract: Contract, figures: Figures
) -> None:
    on_postgres.database.close()
    client = failing_client_of(on_postgres.running)
    time.sleep(1.1)  # for a second the server may remember what a key stands for
    assert client.call("getHealth").status_code == 200
    assert client.call("getReadiness").status_code == 503
    _require_503(client, contract, on_postgres.running.world.fuzzed.key)
    figures.say("database away", f"{len(contract.operations)} operations answer 503 with Retry-After")


def _require_503(client: Client, contract: Contract, key: str) -> None:
    for operation in contract.operations.values():
        call = examples.call_of(contract, operation)
        answer = client.call(
            operation.id, key=key, path=call.path, query=call.query, json=call.json, headers=call.headers
        )
        assert answer.status_code == 503, f"{operation.id}: {answer.status_code} {answer.text}"
        assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert int(answer.headers["retry-after"]) >= 1
