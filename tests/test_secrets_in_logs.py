"""No secret, whole key, plate or email stands in any log, trace or audit row: fifty are planted."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.domain import api_keys
from tests.servers import Server, running

PLANTED = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Server]:
    budgets = {f"PARKGRAPH_BUDGET_{name}": "10000" for name in ("SANDBOX_AGENT", "FAILED_AUTHENTICATION")}
    home = tmp_path_factory.mktemp("secrets") / "home"
    with running(home, PARKGRAPH_LOG_LEVEL="DEBUG", **shared_database, **budgets) as server:
        yield server


@pytest.fixture(scope="module")
def secrets(server: Server) -> list[str]:
    """Plant secrets wherever a request has room for one, and let the server work on them."""
    plates = [f"SECRET{number:02}" for number in range(15)]
    emails = [f"driver{number:02}@secret.example" for number in range(15)]
    keys = [api_keys.make("live") for _ in range(18)]
    with server.client() as client:
        lot_id = client.get("/api/v1/lots/search", params={"lat": 39.64, "lng": -106.37}).json()["lots"][0][
            "id"
        ]
        for plate, email in zip(plates, emails, strict=True):
            park(client, lot_id, plate, email)
        for email in emails:
            client.get("/api/v1/lots/search", params={"address": email})
            client.get("/api/v1/lots/search", params={"lat": email, "lng": 1})
        for key in keys:
            misplace(client, key)
    own = [str(server.sandbox["api_key"]), str(server.sandbox["operator_key"])]
    return [*plates, *emails, *keys, *own]


def park(client: httpx.Client, lot_id: str, plate: str, email: str) -> None:
    """Start, refuse and end sessions of a plate."""
    order = {"lot_id": lot_id, "plate": plate, "email": email, "idempotency_key": f"evening-{plate[-2:]}"}
    session = client.post("/api/v1/sessions", json=order).json()["session"]
    for wrong in (order | {"idempotency_key": "other"}, order | {"email": f"{email} {plate}"}):
        assert client.post("/api/v1/sessions", json=wrong).status_code in {400, 409}
    client.post("/api/v1/sessions", json=order | {"payment_method": plate})
    for query in ({"plate": plate}, {"plate": plate, "limit": plate}, {"plate": f"{plate} {email}"}):
        client.get("/api/v1/sessions/search", params=query)
    client.get(f"/api/v1/sessions/{plate}", params={plate: plate})
    end = {"session_code": session["session_code"]}
    assert client.post(f"/api/v1/sessions/{session['id']}/end", json=end).status_code == 200


def misplace(client: httpx.Client, key: str) -> None:
    """Send a key where no key belongs."""
    client.get("/api/v1/lots/search", headers={"Authorization": f"Bearer {key}"})
    client.get(f"/api/v1/lots/{key}")
    client.get(f"/api/v1/{key}")
    client.get(f"/nowhere/{key}", params={"key": key})
    client.get("/api/v1/lots/search", params={key: "1"})
    client.post("/api/v1/sessions", json={"plate": key, key: key}, headers={"User-Agent": key})
    client.post("/api/v1/sessions", content=f"{{{key}", headers={"Idempotency-Key": key})


def test_fifty_secrets_are_planted(secrets: list[str]) -> None:
    assert len(secrets) == PLANTED


def test_the_log_holds_none_of_them(server: Server, secrets: list[str]) -> None:
    # `make run` shows a newcomer the sandbox's own key once, on purpose: that line is no log.
    lines = [line for line in server.log.splitlines() if not shows_the_newcomer_a_key(line)]
    assert len(lines) > PLANTED
    assert [secret for secret in secrets if any(secret in line for line in lines)] == []


def shows_the_newcomer_a_key(line: str) -> bool:
    return "pk_test_" in line and not line.startswith("{")


@pytest.mark.parametrize("table", ["traces", "audit_log", "idempotency_keys", "payment_operations"])
def test_no_table_but_persons_holds_any(server: Server, secrets: list[str], table: str) -> None:
    server.command("trace", "req_" + "0" * 32)  # any command: what is batched has been written by then
    rows = [str(row) for row in server.rows(f"SELECT * FROM {table}")]
    assert rows
    found = {secret for secret in secrets if any(secret in row for row in rows)}
    assert found == set()


def test_no_spool_file_holds_any(server: Server, secrets: list[str]) -> None:
    files = [path for path in Path(server.home).rglob("*") if path.is_file() and "spool" in path.parts]
    text = "".join(path.read_text() for path in files)
    assert [secret for secret in secrets if secret in text] == []
