"""parkgraph ledger: from a ledger that agrees to one that does not."""

import json
import sqlite3

from tests.commands.conftest import Installation

SESSION = "6" * 32


def capture_without_a_posting(installation: Installation) -> None:
    """Write a captured hold into the file itself, of which the ledger knows nothing."""
    with sqlite3.connect(installation.home / "parkgraph.sqlite3") as file:
        file.execute("PRAGMA foreign_keys = OFF")
        project, lot = file.execute("SELECT world_id, id FROM lots LIMIT 1").fetchone()
        file.execute(
            "INSERT INTO sessions (id, session_code, receipt_token, project_id, operator_id, lot_id,"
            " plate_id, tariff_id, status, payment_status, currency, details, started_at, planned_end_at)"
            " VALUES (?, 'PG-1', 'token', ?, ?, ?, ?, ?, 'completed', 'captured', 'USD', '{}', 1, 2)",
            (SESSION, project, project, lot, SESSION, SESSION),
        )
        file.execute(
            "INSERT INTO holds (id, session_id, status, amount_minor, authorized_minor, captured_minor,"
            " refunded_minor, created_at) VALUES (?, ?, 'succeeded', 600, 600, 600, 0, 1)",
            (SESSION, SESSION),
        )
    file.close()


def test_a_ledger_is_verified_and_what_is_wrong_is_named(installation: Installation) -> None:
    told = installation.prints("ledger", "verify")
    assert told == "0 sessions with money in the ledger. Nothing wrong."
    capture_without_a_posting(installation)
    done = installation.run("ledger", "verify")
    assert done.returncode == 1
    first, *_, last = done.stdout.splitlines()
    assert first.endswith("the holds kept 6.00 USD, and the ledger says 0.00 USD.")
    assert last == "1 session with money in the ledger. 2 things wrong."


def test_the_same_as_json_for_programs(installation: Installation) -> None:
    capture_without_a_posting(installation)
    done = installation.run("ledger", "verify", "--json")
    first, _, verdict = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["session_id"].replace("-", "") == SESSION
    assert verdict == {"verdict": {"sessions": 1, "findings": 2}}
    assert done.returncode == 1
