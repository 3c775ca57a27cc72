"""The statements of creating a session in one lot of PostgreSQL, in a bare loop over the driver.

Two look-ups and two transactions, statement by statement what our server asks for, with nothing between them:
no HTTP, no checks, no processor, no records of calls. The loop runs in a process of its own, on the core that
servers run on.
"""

import json
import secrets
import subprocess
import sys
import threading
import time
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from app.domain.callers import LIVE_WORLD
from app.domain.ids import uuid7
from bench.load import servers
from bench.load.callers import Round

LEASE = 30_000_000
STAY = 4 * 3_600_000_000
AMOUNT = 2550

TOLD = b'{"type": "session.created"}'.ljust(400)
"""As long as what is told of a session."""

FIND_KEY = "SELECT * FROM idempotency_keys WHERE scope = %(scope)s AND key = %(key)s"
FIND_LOT = """
    SELECT lots.*, free, source, lot_availability.updated_at,
      (SELECT connected_account FROM operators WHERE operators.id = lots.operator_id),
      (SELECT clock_offset FROM projects WHERE projects.id = lots.world_id)
    FROM lots JOIN lot_availability ON lot_availability.lot_id = lots.id
    WHERE lots.id = %(lot)s AND deleted_at IS NULL
"""
LOOK_UP = (FIND_KEY, FIND_LOT)

CLAIM = """
    INSERT INTO idempotency_keys (scope, key, fingerprint, subject_id, finished, locked_until, created_at)
    VALUES (%(scope)s, %(key)s, %(fingerprint)s, %(session)s, false, %(due)s, %(now)s) ON CONFLICT DO NOTHING
"""
REMEMBER = """
    INSERT INTO persons (id, operator_id, kind, normalised, shown, created_at)
    VALUES (%(person)s, %(operator)s, 'plate', %(plate)s, %(plate)s, %(now)s) ON CONFLICT DO NOTHING
"""
START = """
    INSERT INTO sessions (id, session_code, receipt_token, project_id, operator_id, lot_id, plate_id,
      tariff_id, agent_platform, status, payment_status, currency, details, started_at, planned_end_at,
      latest_end_at, remind_at)
    VALUES (%(session)s, 'sess_abc123', %(receipt)s, %(project)s, %(operator)s, %(lot)s, %(person)s,
      %(tariff)s, 'openai', 'starting', 'requires_authorization', 'USD', '{}', %(now)s,
      %(end)s, %(end)s, %(end)s)
"""
HOLD = """
    INSERT INTO holds (id, session_id, destination, status, amount_minor, authorized_minor, captured_minor,
      created_at)
    VALUES (%(hold)s, %(session)s, 'acct_raw', 'planned', %(amount)s, 0, 0, %(now)s)
"""
INTEND = """
    INSERT INTO payment_operations (id, session_id, hold_id, kind, params, state, attempts, due_at,
      created_at)
    VALUES (%(operation)s, %(session)s, %(hold)s, 'create_hold', %(params)s, 'pending', 0, %(due)s,
      %(now)s)
"""
TAKE = """
    UPDATE lot_availability SET free = free - 1, updated_at = %(now)s + coalesce(
      (SELECT clock_offset FROM projects JOIN lots ON lots.world_id = projects.id WHERE lots.id = %(lot)s), 0)
    WHERE lot_id = %(lot)s AND free > 0
      AND EXISTS (SELECT FROM lots WHERE lots.id = %(lot)s AND deleted_at IS NULL)
    RETURNING free, (SELECT agent_access FROM lots WHERE lots.id = %(lot)s),
      (SELECT created_at FROM lots WHERE lots.id = %(lot)s)
"""
OPEN = (CLAIM, REMEMBER, START, HOLD, INTEND, TAKE)

LOCK = """
    SELECT sessions.*, holds.*, projects.operator_id FROM sessions
    JOIN holds ON holds.session_id = sessions.id JOIN projects ON projects.id = sessions.project_id
    WHERE sessions.id = %(session)s AND holds.id = %(hold)s FOR UPDATE OF sessions, holds
"""

CLOSE = """
    UPDATE payment_operations SET state = 'done', finished_at = %(now)s
    WHERE id = %(operation)s AND state = 'pending'
"""
HELD = """
    UPDATE holds SET payment_intent_id = %(intent)s, client_secret = %(secret)s,
      status = 'requires_payment_method' WHERE id = %(hold)s
"""
ACTIVE = "UPDATE sessions SET status = 'active', grace_until = %(due)s WHERE id = %(session)s"
AUDIT = """
    INSERT INTO audit_log (id, at, operator_id, project_id, actor_type, actor_id, action, agent_platform,
      subject_type, subject_id, lot_id, diff, request_id)
    VALUES (%(entry)s, %(now)s, %(operator)s, %(project)s, 'api_key', %(scope)s, 'session.create', 'openai',
      'session', %(session_text)s, %(lot)s, %(diff)s, %(receipt)s)
"""
TELL = """
    INSERT INTO events (id, type, world_id, operator_id, project_id, subject_id, body, created_at)
    VALUES (%(event)s, 'session.created', %(world)s, %(operator)s, %(project)s, %(session)s, %(told)s,
      %(now)s)
"""
FINISH = "UPDATE idempotency_keys SET finished = true WHERE scope = %(scope)s AND key = %(key)s"
SETTLE = (LOCK, CLOSE, AUDIT, TELL, FINISH, HELD, ACTIVE)


def run(url: str, lot_id: str, *, callers: int, seconds: float) -> Round:
    """Run the loop in a process on the servers' core, and return what it saw."""
    words = [sys.executable, "-m", __name__, url, lot_id, str(callers), str(seconds)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    servers.pin(process.pid)
    out, _ = process.communicate(timeout=seconds + 60)
    if process.returncode:
        raise RuntimeError("The raw statements failed.")
    seen: dict[str, Any] = json.loads(out)
    return Round(seconds=seen["seconds"], latencies_ms=seen["latencies_ms"], cpu_seconds=seen["cpu_seconds"])


def main() -> None:
    """Let threads go at one lot, and print what they saw."""
    url, lot_id, callers, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    connections = [psycopg.connect(url, row_factory=dict_row, autocommit=True) for _ in range(callers)]
    with connections[0].cursor() as cursor:
        cursor.execute(
            "SELECT lots.operator_id AS operator, lots.id AS lot, tariff_id AS tariff, projects.id AS project"
            " FROM lots JOIN projects ON projects.operator_id = lots.operator_id WHERE lots.id = %s",
            (UUID(lot_id),),
        )
        facts = cursor.fetchone() or {}
    started, latencies = time.perf_counter(), list[float]()
    threads = [
        threading.Thread(target=_go_on, args=(connection, facts, started + seconds, latencies))
        for connection in connections
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    print(json.dumps({"seconds": took, "latencies_ms": latencies, "cpu_seconds": time.process_time()}))


def _go_on(
    connection: psycopg.Connection[dict[str, Any]],
    facts: dict[str, Any],
    until: float,
    latencies: list[float],
) -> None:
    while (began := time.perf_counter()) < until:
        _create(connection, facts)
        latencies.append((time.perf_counter() - began) * 1000)


def _create(connection: psycopg.Connection[dict[str, Any]], facts: dict[str, Any]) -> None:
    values = facts | _values()
    with connection.cursor() as cursor:
        for statement in LOOK_UP:
            cursor.execute(statement, values).fetchall()
    for transaction in (OPEN, SETTLE):
        with connection.transaction(), connection.cursor() as cursor:
            for statement in transaction:
                cursor.execute(statement, values)


def _values() -> dict[str, Any]:
    now, token, session = time.time_ns() // 1000, secrets.token_hex(12), uuid7()
    return {
        "now": now,
        "due": now + LEASE,
        "end": now + STAY,
        "scope": "api_key:raw",
        "key": token,
        "fingerprint": secrets.token_hex(32),
        "session": session,
        "session_text": str(session),
        "person": uuid7(),
        "plate": token[:16].upper(),
        "receipt": f"req_{token}",
        "hold": uuid7(),
        "amount": AMOUNT,
        "operation": uuid7(),
        "params": json.dumps({"amount_minor": AMOUNT, "payment_method": None, "may_be_repeated": True}),
        "intent": f"pi_{token}",
        "secret": f"pi_{token}_secret",
        "entry": uuid7(),
        "event": uuid7(),
        "world": LIVE_WORLD,
        "told": TOLD,
        "diff": json.dumps({"status": [None, "active"], "hold": [None, AMOUNT / 100]}),
    }


if __name__ == "__main__":
    main()
