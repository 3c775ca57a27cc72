"""Caller by operation: nothing of another is readable or writable; every refusal is the one meant."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.contract.document import Contract
from app.domain import api_keys
from gate import focus, matrix, seeding, webhooks
from gate.client import Client
from gate.figures import Figures
from gate.matrix import Call, Row, Subject
from gate.world import Tenant, World

SANDBOX = matrix.rows(matrix.SANDBOX_TABLE)
LIVE = matrix.rows(matrix.LIVE_TABLE)
ENTITLED = frozenset({"own", "second", "maker", "operator"})
"""The columns of those whose things they are."""

_numbers = itertools.count(1)
_cells: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Scene:
    """One table's callers by column, and the tenant and the lot that its things belong to."""

    keys: Mapping[str, str | None]
    owner: Tenant
    lot_id: str
    lot_is_public: bool


@pytest.fixture(scope="module")
def sandbox(world: World) -> Scene:
    """Set the scene in which a sandbox is looked at by strangers."""
    tenants = world.tenants
    owner = tenants["owner"]
    keys = {
        "own": owner.key,
        "second": owner.keys["second"],
        "other": tenants["other"].key,
        "live": tenants["live stranger"].key,
        "starter": tenants["starter"].key,
        "nobody": None,
    }
    return Scene(keys, owner, owner.lots[0], lot_is_public=False)


@pytest.fixture(scope="module")
def live(world: World) -> Scene:
    """Set the scene in which a live session is made in another company's lot."""
    tenants = world.tenants
    keys = {
        "maker": tenants["live maker"].key,
        "operator": tenants["live operator"].key,
        "stranger": tenants["live stranger"].key,
        "sandbox": tenants["owner"].key,
        "nobody": None,
    }
    return Scene(keys, tenants["live maker"], tenants["live operator"].lots[0], lot_is_public=True)


@pytest.mark.parametrize("row", SANDBOX, ids=lambda row: row.name)
def test_a_sandbox_is_closed_to_everybody_else(
    client: Client, contract: Contract, sandbox: Scene, row: Row
) -> None:
    lacking = seeding.lacking_name(seeding.scopes_of(contract.operations[row.operation]))
    unscoped = {"unscoped": sandbox.owner.keys[lacking]}
    _judge_row(
        client, Scene({**sandbox.keys, **unscoped}, sandbox.owner, sandbox.lot_id, lot_is_public=False), row
    )


@pytest.mark.parametrize("row", LIVE, ids=lambda row: row.name)
def test_a_live_session_is_its_makers_and_the_lots_operators(client: Client, live: Scene, row: Row) -> None:
    _judge_row(client, live, row)


def _judge_row(client: Client, scene: Scene, row: Row) -> None:
    looked_at = _subject(client, scene)
    for caller, expected in row.expected.items():
        subject = _subject(client, scene) if caller in ENTITLED else looked_at
        before = _seen_by_owner(client, subject)
        answer = _ask(client, row, subject, key=scene.keys[caller])
        assert answer.status_code == expected, f"{caller}: {answer.status_code} {answer.text}"
        if caller not in ENTITLED:
            _require_nothing_shown(answer, subject, scene, caller)
            assert _seen_by_owner(client, subject) == before, f"{caller} changed what is not theirs"
        _cells.add((row.name, caller))


def _subject(client: Client, scene: Scene) -> Subject:
    """Make a session, a key and a webhook of the owner's, and a request to trace."""
    key = scene.owner.key
    order = {"lot_id": scene.lot_id, "plate": f"OWNER {next(_numbers)}"}
    session = client.call("createSession", key=key, json=order)
    assert session.status_code == 201, session.text
    made = client.call("createApiKey", key=key, json={"name": "Owner's", "scopes": ["lots:read"]})
    ping = webhooks.ping(client, key, webhooks.new(client, key)["id"])
    return Subject(
        tenant=scene.owner,
        lot_id=scene.lot_id,
        session=session.json()["session"],
        key_id=made.json()["api_key"]["id"],
        request_id=session.headers["x-request-id"],
        delivery={"webhook_id": ping["webhook_id"], "id": ping["id"]},
    )


def _ask(client: Client, row: Row, subject: Subject, *, key: str | None) -> httpx.Response:
    call: Call = matrix.call_of(row, subject, next(_numbers))
    return client.call(
        row.operation,
        key=key,
        path=call.path,
        query=call.query,
        json=call.json,
        content=call.content,
        headers=call.headers,
    )


def _require_nothing_shown(answer: httpx.Response, subject: Subject, scene: Scene, caller: str) -> None:
    if caller == "unscoped":
        return  # the owner's own key: it may not call this, but what a refusal says is its own
    hidden = subject.secrets + ([] if scene.lot_is_public else [subject.lot_id])
    shown = [secret for secret in hidden if secret in answer.text]
    assert not shown, f"{caller} was shown {shown}"


def _seen_by_owner(client: Client, subject: Subject) -> tuple[Any, Any, bool]:
    key = subject.tenant.key
    session = client.call("getSession", key=key, path={"session_id": subject.session["id"]})
    rates = client.call("getRates", key=key, path={"lot_id": subject.lot_id})
    listed = client.call("listApiKeys", key=key, query={"limit": 5}).json()["data"]
    return session.json().get("session"), rates.json(), subject.key_id in {entry["id"] for entry in listed}


def test_a_dead_credential_opens_nothing(client: Client, sandbox: Scene, world: World) -> None:
    whole = api_keys.make("sandbox")
    dead = {
        "malformed": "pk_test_short",
        "mistyped": whole[:-1] + ("A" if whole[-1] != "A" else "B"),
        "unknown": whole,
        "unknown live": api_keys.make("live"),
        "revoked": sandbox.owner.keys["revoked"],
        "expired": sandbox.owner.keys["expired"],
        "revoked live": world.tenants["live maker"].keys["revoked"],
        "of another kind": sandbox.owner.key.replace("pk_test_", "pk_live_"),
    }
    subject = _subject(client, sandbox)
    before = _seen_by_owner(client, subject)
    for row, (name, key) in itertools.product(SANDBOX, dead.items()):
        answer = _ask(client, row, subject, key=key)
        assert answer.status_code == 401, f"{row.name}, {name}: {answer.status_code} {answer.text}"
        assert answer.json()["error"]["code"] == "UNAUTHORIZED"
        _cells.add((row.name, name))
    assert _seen_by_owner(client, subject) == before


def test_the_clients_secret_is_for_the_project_that_made_the_session(client: Client, live: Scene) -> None:
    subject = _subject(client, live)
    path = {"session_id": subject.session["id"]}
    shown = {
        caller: client.call("getSession", key=live.keys[caller], path=path).json()["session"]
        for caller in ("maker", "operator")
    }
    assert shown["maker"]["client_secret"] == subject.session["client_secret"]
    assert shown["operator"] == {
        name: value for name, value in shown["maker"].items() if name != "client_secret"
    }


def test_every_operation_and_action_of_the_contract_stands_in_the_tables(
    contract: Contract, figures: Figures
) -> None:
    named = {row.name for row in (*SANDBOX, *LIVE)}
    wanted = {
        f"{operation.id} {action}"
        for operation in contract.operations.values()
        if operation.dispatches
        for action in focus.variants(contract, operation.body_schema_pointer or "")
    } | {operation.id for operation in contract.operations.values() if not operation.dispatches}
    assert named == wanted
    columns = {column for _, column in _cells}
    figures.say("matrix", f"{len(named)} rows × {len(columns)} callers, {len(_cells)} cells as written down")
