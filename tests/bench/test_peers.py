"""Peers do what we do: the same answers to searches, the same rows for a session."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.data import databases, installation
from bench.data.databases import Databases
from bench.lines import create, search
from bench.load import requests, servers
from bench.load.servers import Server

LOTS = 300
WRITTEN = ("idempotency_keys", "persons", "sessions", "holds", "payment_operations", "audit_log", "traces")
OF_THE_MOMENT = {"duration_ms", "fingerprint", "session_code", "receipt_token", "request_id", "upstream"}
"""Columns that differ by nature, besides ids and instants."""
RECORDED_WITHIN_SECONDS = 10


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Fill a small database in a folder of its own."""
    kept = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installation, "CACHE", kept)
        with databases.filled(databases.SQLITE, lots=LOTS) as made:
            yield made


@pytest.fixture(scope="module")
def running(filled: Databases) -> Iterator[list[Server]]:
    """Run every peer, each on its own copy."""
    with servers.running([start(*filled.fresh(start.__name__)) for start in search.PEERS]) as started:
        yield started


def test_every_peer_answers_searches_alike(running: list[Server], filled: Databases) -> None:
    search.check_answers(running, filled.facts)


def test_every_peer_writes_the_same_rows_for_a_session(running: list[Server], filled: Databases) -> None:
    creating = running[: len(create.PEERS)]
    parameters = {"lot_id": filled.facts.lot_ids[0], "plate": "CO-7891", "idempotency_key": "vail-evening"}
    written = []
    for server in creating:
        answer = httpx.post(
            f"{server.url}{requests.PATH}",
            json={"action": "create_session", "parameters": parameters},
            headers={"Authorization": f"Bearer {filled.facts.key}"},
            timeout=30,
        )
        assert answer.status_code == 200, f"{answer.text}\n{server.log.read_text()}"
        assert set(answer.json()["session"]) >= {"session_code", "payment_intent_id", "client_secret"}
        written.append(rows(database_of(server)))
    for others in written[1:]:
        assert others == written[0]


def database_of(server: Server) -> Path:
    settings = server.peer.environment
    url = settings.get("PARKGRAPH_DATABASE_URL") or settings["BENCH_DATABASE_URL"]
    return Path(url.removeprefix("sqlite:///"))


def rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what was written of a session, once what is written behind requests is there too."""
    deadline = time.monotonic() + RECORDED_WITHIN_SECONDS
    while not (found := _rows(file))["traces"] and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    with sqlite3.connect(file) as db:
        db.row_factory = sqlite3.Row
        of_session = {
            "traces": "SELECT * FROM traces WHERE action = 'create_session'",
            "audit_log": "SELECT * FROM audit_log WHERE action LIKE '%session%' ORDER BY action",
        }
        return {
            table: [
                _lasting(dict(row)) for row in db.execute(of_session.get(table, f"SELECT * FROM {table}"))
            ]
            for table in WRITTEN
        }


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    """Return which columns hold a value, and the value where it is no id, no instant and no secret."""

    def shown(name: str, value: Any) -> Any:
        by_nature = name in OF_THE_MOMENT or name.endswith(("_at", "_id", "_until", "_secret"))
        return "something" if value is not None and (by_nature or name in ("id", "at", "diff")) else value

    return {name: shown(name, value) for name, value in row.items()}
