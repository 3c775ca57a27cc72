"""parkgraph audit: from the first seal to a log that somebody touched."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.commands.conftest import Installation


@pytest.fixture
def sealed(installation: Installation) -> Installation:
    assert installation.prints("audit", "seal").startswith("Sealed ")
    return installation


def tamper(installation: Installation) -> None:
    """Change an entry in the file itself, where no guard of ours is asked."""
    with sqlite3.connect(installation.home / "parkgraph.sqlite3") as file:
        file.execute("DROP TRIGGER audit_log_no_update")
        file.execute("UPDATE audit_log SET actor_id = 'somebody' WHERE action = 'sandbox.create'")
    file.close()


def checkpoint(installation: Installation, file: Path) -> None:
    file.write_text(installation.prints("audit", "checkpoint") + "\n")


def test_a_log_is_sealed_signed_and_verified(sealed: Installation, tmp_path: Path) -> None:
    assert sealed.prints("audit", "seal") == "Sealed 0 entries."
    checkpoint(sealed, tmp_path / "kept.jsonl")
    [facts] = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text().splitlines()]
    assert set(facts) == {
        "operator_id", "number", "hash", "signed_at", "key_id", "signature", "public_key",
    }  # fmt: skip
    told = sealed.prints("audit", "verify", "--checkpoints", str(tmp_path / "kept.jsonl")).splitlines()
    assert told[0].startswith(f"{facts['number']} entries of 1 operator in ")
    assert told[1:] == [f"2 checkpoints by key {facts['key_id']}.", "Nothing broken."]
    assert sealed.prints("audit", "checkpoint", "--all").splitlines() == [json.dumps(facts)]


def test_a_touched_entry_is_named_and_the_code_says_so(sealed: Installation) -> None:
    tamper(sealed)
    done = sealed.run("audit", "verify")
    assert done.returncode == 1
    assert done.stdout.startswith("entry_changed  operator ")
    assert done.stdout.splitlines()[-1] == "1 broken thing."


def test_the_same_as_json_for_programs(sealed: Installation) -> None:
    tamper(sealed)
    done = sealed.run("audit", "verify", "--json")
    finding, verdict = [json.loads(line) for line in done.stdout.splitlines()]
    assert finding["kind"] == "entry_changed"
    assert verdict["verdict"]["findings"] == 1
    assert done.returncode == 1


def test_who_signed_how_many_checkpoints_stands_in_the_json_too(sealed: Installation) -> None:
    kept = json.loads(sealed.prints("audit", "checkpoint"))
    verdict = json.loads(sealed.prints("audit", "verify", "--json"))["verdict"]
    assert (verdict["findings"], verdict["signed_by"]) == (0, {kept["key_id"]: 1})


def test_entries_that_wait_for_their_seal_are_counted(installation: Installation) -> None:
    told = installation.prints("audit", "verify").splitlines()
    assert told[0].startswith("0 entries of 0 operators")
    assert told[1].endswith("entries not sealed yet.")
    assert told[-1] == "Nothing broken."


@pytest.mark.parametrize("line", ["{}", "[]", "null", "5", '{"operator_id": 5}', "{", '{"number": 1e999}'])
def test_a_file_that_holds_no_checkpoints_is_refused_by_its_line(
    sealed: Installation, tmp_path: Path, line: str
) -> None:
    checkpoint(sealed, tmp_path / "kept.jsonl")
    with (tmp_path / "kept.jsonl").open("a") as file:
        file.write(f"{line}\n")
    refusal = sealed.refuses("audit", "verify", "--checkpoints", str(tmp_path / "kept.jsonl"))
    assert refusal == "Line 2 is no checkpoint, as parkgraph audit checkpoint prints them."


def test_nothing_to_compare_with_is_no_assurance(installation: Installation, tmp_path: Path) -> None:
    done = installation.run("audit", "checkpoint")
    assert (done.stdout, done.returncode) == ("", 0)
    assert "no entry has a seal yet" in done.stderr
    (tmp_path / "kept.jsonl").write_text(done.stdout)
    refusal = installation.refuses("audit", "verify", "--checkpoints", str(tmp_path / "kept.jsonl"))
    assert refusal == "There is no checkpoint to compare with."


def test_an_operator_that_does_not_exist_has_no_log_that_could_be_in_order(sealed: Installation) -> None:
    refusal = sealed.refuses("audit", "verify", "--operator", "00000000-0000-0000-0000-000000000001")
    assert refusal == "There is no operator with this id."


def test_a_key_that_others_may_read_is_refused_in_one_sentence(sealed: Installation) -> None:
    sealed.prints("audit", "checkpoint")
    (sealed.home / "audit-key.pem").chmod(0o644)
    with sqlite3.connect(sealed.home / "parkgraph.sqlite3") as file:
        file.execute("DROP TRIGGER audit_checkpoints_no_delete")
        file.execute("DELETE FROM audit_checkpoints")
    file.close()
    assert "chmod 600" in sealed.refuses("audit", "checkpoint")
