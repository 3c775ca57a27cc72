"""The file: durable, shared between processes, and whole after a SIGKILL at any time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from stripe_sandbox import Sandbox, StoreError
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import Account, open_account

ROOT = Path(__file__).resolve().parents[2]


def process(*arguments: str) -> subprocess.Popen[str]:
    """Start another process on the same file; see processes.py."""
    command = [sys.executable, "-m", "tests.stripe_sandbox.processes", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def test_what_was_answered_is_there_after_a_restart(vail: Account, path: Path, unix: UnixClock) -> None:
    intent = vail.hold()
    vail.sandbox.advance("vail", seconds=60)
    vail.sandbox.close()
    reopened = Sandbox(path, clock=unix)
    again = open_account(reopened, "vail")
    assert again.operator == vail.operator
    assert again.intents.retrieve(intent.id).status == "requires_capture"
    assert again.ask().created == intent.created + 60
    reopened.close()


def test_the_file_is_for_its_owner_only(sandbox: Sandbox, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_a_newer_version_is_refused_in_one_sentence(sandbox: Sandbox, path: Path) -> None:
    sandbox.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="newer version"):
        Sandbox(path)


def test_a_file_that_is_no_database_is_refused_in_one_sentence(path: Path) -> None:
    path.write_text(
        "This is a shopping list, and it is longer than a header of SQLite would be, is it not? " * 3
    )
    with pytest.raises(StoreError, match="cannot hold the payment sandbox"):
        Sandbox(path)


def test_a_folder_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot hold the payment sandbox"):
        Sandbox(tmp_path / "nowhere" / "processor.sqlite3")


def test_a_broken_file_is_the_processors_failure_and_not_an_exception(vail: Account, path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE objects RENAME TO lost")
    db.close()
    for attempt in (vail.how_many, vail.ask):
        with pytest.raises(stripe.APIError) as caught:
            attempt()
        assert caught.value.http_status == 503


def test_two_processes_share_one_file_and_one_key(vail: Account, path: Path) -> None:
    others = [process("make", str(path), "20"), process("make", str(path), "20")]
    mine = {vail.ask(f"op_{number}").id for number in range(20)}
    theirs = [set(other.communicate(timeout=60)[0].split()) for other in others]
    assert [other.returncode for other in others] == [0, 0]
    assert theirs == [mine, mine]
    assert vail.how_many() == 20


def test_a_kill_between_the_commit_and_the_answer_charges_once(vail: Account, path: Path) -> None:
    killed = process("die-after-commit", str(path), "op_1")
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    made = vail.intents.list().data
    assert len(made) == 1
    assert vail.ask("op_1").id == made[0].id
    assert vail.how_many() == 1


@pytest.mark.parametrize("steps", range(1, 6))
def test_a_kill_at_any_time_leaves_whole_payments(vail: Account, path: Path, steps: int) -> None:
    worker = process("work", str(path))
    assert worker.stdout is not None
    for _ in range(steps * 3):
        worker.stdout.readline()
    worker.kill()
    worker.communicate(timeout=60)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    payments = list(vail.intents.list({"limit": 100}).auto_paging_iter())
    assert payments
    for intent in payments:
        assert_whole(vail, intent.id)
    assert vail.hold().status == "requires_capture"


def assert_whole(account: Account, identifier: str) -> None:
    """Check that a payment, its charge, its shares and its events tell the same story."""
    intent = account.intents.retrieve(identifier)
    events = account.sandbox.pending_events(world=account.world, limit=10_000)
    told = {event.type for event in events if identifier.encode() in event.payload}
    assert "payment_intent.created" in told
    assert ("charge.succeeded" in told) is (intent.latest_charge is not None)
    assert ("payment_intent.succeeded" in told) is (intent.status == "succeeded")
    if intent.latest_charge is None:
        assert intent.status == "requires_payment_method"
        return
    charge = account.charge_of(intent)
    assert charge.captured is (intent.status == "succeeded")
    assert (charge.transfer is None) is (intent.status != "succeeded")
    assert (charge.application_fee is None) is (intent.status != "succeeded")
    assert charge.amount_captured == intent.amount_received
