"""Peers do what we do: the same answers to searches, the same rows for a session."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from app import database
from bench.data import databases, installation
from bench.data.databases import Databases
from bench.lines import create, mcp, search
from bench.load import peers, requests, servers
from bench.load.servers import Server
from bench.peers import raw_creates, raw_searches

LOTS = 300
WRITTEN: Mapping[str, str] = {
    "idempotency_keys": "true",
    "persons": "true",
    "sessions": "true",
    "holds": "true",
    "payment_operations": "true",
    "audit_log": "action LIKE '%session%'",
    "traces": "action = 'create_session'",
}
"""The tables that a session is written to, and which of their rows are of sessions."""
OF_THE_MOMENT = {"duration_ms", "fingerprint", "session_code", "receipt_token", "request_id", "upstream"}
"""Columns that differ by nature, besides ids and instants."""
RECORDED_WITHIN_SECONDS = 30


@pytest.fixture(scope="module", params=databases.BOTH)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Fill a small database of each kind, in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installation, "CACHE", tmp_path_factory.getbasetemp() / "kept")
        with databases.filled(request.param, lots=LOTS) as made:
            yield made


@pytest.fixture(scope="module")
def running(filled: Databases) -> Iterator[list[Server]]:
    """Run every peer, each on its own copy."""
    with servers.running([start(*filled.fresh(start.__name__)) for start in search.PEERS]) as started:
        yield started


def test_every_peer_answers_searches_alike_and_records_them(running: list[Server], filled: Databases) -> None:
    search.check_answers(running, filled.facts)
    for server in running:
        assert recorded(database_of(server)) == (search.ALIKE, search.ALIKE), server.log.read_text()


def test_the_mcp_peer_finds_the_same_in_both_eras(filled: Databases) -> None:
    started = [start(*filled.fresh(f"mcp-{start.__name__}")) for start in (peers.ours, peers.mcp)]
    with servers.running(started) as running:
        mcp.check_answers(running, filled.facts)
        calls = mcp.ALIKE * len(requests.MCP_VERSIONS)
        for server in running:
            assert recorded(database_of(server), wanted=calls) == (calls, calls), server.log.read_text()


def test_every_peer_writes_the_same_rows_for_a_session(running: list[Server], filled: Databases) -> None:
    parameters = {"lot_id": filled.facts.lot_ids[0], "plate": "CO-7891", "idempotency_key": "vail-evening"}
    written = []
    for server in running[: len(create.PEERS)]:
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


def test_raw_statements_search_on_both_databases(filled: Databases) -> None:
    url, _ = filled.fresh("raw-searches")
    seen = raw_searches.run(url, requests.searches(filled.facts)[:20], seconds=0.2)
    assert len(seen.latencies_ms) > 1


def test_raw_statements_write_every_row_of_a_session(filled: Databases) -> None:
    if filled.kind != databases.POSTGRESQL:
        pytest.skip("The hot lot is measured on PostgreSQL.")
    url, _ = filled.fresh("raw-creates")
    seen = raw_creates.run(url, filled.facts.lot_ids[0], callers=2, seconds=0.2)
    engine = database.make_engine(url, connections=1)
    counted = {table: len(found) for table, found in _rows(engine).items() if table != "traces"}
    engine.dispose()
    assert set(counted.values()) == {len(seen.latencies_ms)}


def recorded(url: str, *, wanted: int = search.ALIKE) -> tuple[int, int]:
    """Count the traces and audit rows of searches, once they are written."""
    engine = database.make_engine(url, connections=1)
    deadline = time.monotonic() + RECORDED_WITHIN_SECONDS
    counts = (0, 0)
    while min(counts) < wanted and time.monotonic() < deadline:
        time.sleep(0.1)
        with engine.connect() as db:
            counts = tuple(
                db.scalar(text(f"SELECT count(*) FROM {table} WHERE action = 'search_parking'"))
                for table in ("traces", "audit_log")
            )
    engine.dispose()
    return counts


def database_of(server: Server) -> str:
    settings = server.peer.environment
    return settings.get("PARKGRAPH_DATABASE_URL") or settings["BENCH_DATABASE_URL"]


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return what was written of a session, once what is written behind requests is there too."""
    engine = database.make_engine(url, connections=1)
    deadline = time.monotonic() + RECORDED_WITHIN_SECONDS
    while not (found := _rows(engine))["traces"] and time.monotonic() < deadline:
        time.sleep(0.1)
    engine.dispose()
    return found


def _rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as db:
        return {
            table: sorted((_lasting(row) for row in db.execute(_select(table)).mappings()), key=str)
            for table in WRITTEN
        }


def _select(table: str) -> Any:
    return text(f"SELECT * FROM {table} WHERE {WRITTEN[table]}")


def _lasting(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return which columns hold a value, and the value where it is no id, no instant and no secret."""

    def shown(name: str, value: Any) -> Any:
        by_nature = name in OF_THE_MOMENT or name.endswith(("_at", "_id", "_until", "_secret"))
        return "something" if value is not None and (by_nature or name in ("id", "at", "diff")) else value

    return {name: shown(name, value) for name, value in row.items()}
