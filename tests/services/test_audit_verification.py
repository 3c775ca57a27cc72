"""Whoever meddles with the audit log is found out, on both databases."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app import database
from app.domain import seals
from app.models import AuditEntry, Operator
from app.services import audit_chains, audit_checkpoints, audit_keys, audit_seals
from app.services.audit_signatures import Kept
from tests.services.audited import kinds, past_the_guards, sealed_log, unguarded, verify, write

pytestmark = pytest.mark.usefixtures("db", "time")

THIRD = "(SELECT entry_id FROM audit_seals WHERE operator_id = :of AND number = 3)"


@pytest.fixture
def operators() -> Sequence[Operator]:
    return sealed_log()


@pytest.fixture
def of(operators: Sequence[Operator]) -> Any:
    """Name the first operator as the database at hand does."""
    return raw(operators[0].id)


def raw(value: UUID) -> Any:
    return value.hex if database.engine().dialect.name == "sqlite" else value


def kept() -> Iterator[Kept]:
    """Give all checkpoints, as if they had been kept elsewhere."""
    keys = audit_keys.public_keys()
    return iter([Kept(each, keys[each.key_id]) for each in audit_checkpoints.every()])


def test_a_log_that_nobody_touched_is_whole(operators: Sequence[Operator]) -> None:
    write(operators[0], 2)
    verdict, findings = verify(kept=kept())
    assert findings == []
    assert (verdict.operators, verdict.entries, verdict.unsealed) == (2, 12, 2)
    assert list(verdict.signed_by.values()) == [8]  # four in the database, the same four from outside
    assert verdict.entries_per_second > 0


def test_one_operators_log_is_verified_alone(operators: Sequence[Operator], of: Any) -> None:
    write(operators[0], 2)
    past_the_guards("UPDATE audit_log SET actor_id = 'me' WHERE operator_id = :of", of=of)
    mine, _ = verify(operator_id=operators[0].id)
    theirs, findings = verify(operator_id=operators[1].id)
    assert (mine.findings, mine.unsealed, mine.operators) == (6, 2, 1)
    assert (findings, theirs.unsealed, theirs.entries) == ([], 0, 6)


def test_a_changed_entry_is_named(operators: Sequence[Operator], of: Any) -> None:
    past_the_guards(f"UPDATE audit_log SET action = 'session.end' WHERE id = {THIRD}", of=of)
    [finding] = verify()[1]
    assert (finding.kind, finding.number, finding.operator_id) == (
        "entry_changed",
        "3",
        str(operators[0].id),
    )


def test_a_deleted_entry_is_missed(of: Any) -> None:
    past_the_guards(f"DELETE FROM audit_log WHERE id = {THIRD}", of=of)
    assert kinds() == ["entry_missing"]


def test_a_deleted_seal_is_missed_and_its_entry_waits_for_one(of: Any) -> None:
    past_the_guards("DELETE FROM audit_seals WHERE operator_id = :of AND number = 4", of=of)
    verdict, [finding] = verify()
    assert (finding.kind, finding.message) == ("seal_missing", "Seal 4 is missing.")
    assert verdict.unsealed == 1


def test_an_entry_that_was_taken_out_with_its_seal_is_missed(of: Any) -> None:
    with unguarded(), database.transaction() as db:
        db.execute(text(f"DELETE FROM audit_log WHERE id = {THIRD}"), {"of": of})
        db.execute(text("DELETE FROM audit_seals WHERE operator_id = :of AND number = 3"), {"of": of})
    assert kinds() == ["seal_missing", "chain_shorter"]


def test_entries_that_trade_places_are_found(of: Any) -> None:
    with unguarded(), database.transaction() as db:
        for number, to in ((2, 902), (5, 2), (902, 5)):
            move = "UPDATE audit_seals SET number = :to WHERE operator_id = :of AND number = :number"
            db.execute(text(move), {"of": of, "number": number, "to": to})
    assert {"seal_changed"} == set(kinds())


def test_a_tail_that_was_cut_off_is_missed_as_long_as_a_checkpoint_tells(of: Any) -> None:
    outside = list(kept())
    cut_off(of, after=4)
    assert kinds() == ["chain_shorter"]
    past_the_guards("DELETE FROM audit_checkpoints WHERE operator_id = :of AND number > 4", of=of)
    assert kinds() == []  # nothing in the database tells any more
    assert kinds(kept=iter(outside)) == ["chain_shorter"]


def cut_off(of: Any, *, after: int) -> None:
    tail = "operator_id = :of AND number > :after"
    with unguarded(), database.transaction() as db:
        entries = f"DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM audit_seals WHERE {tail})"
        db.execute(text(entries), {"of": of, "after": after})
        db.execute(text(f"DELETE FROM audit_seals WHERE {tail}"), {"of": of, "after": after})


def test_a_chain_that_was_written_anew_contradicts_what_was_signed(
    operators: Sequence[Operator], of: Any
) -> None:
    outside = list(kept())
    with unguarded():
        with database.transaction() as db:
            forged = {"of": of}
            db.execute(text(f"UPDATE audit_log SET actor_id = 'me' WHERE id = {THIRD}"), forged)
            db.execute(text("DELETE FROM audit_seals WHERE operator_id = :of"), forged)
        audit_seals.seal_all()  # who can run our code needs no cunning
    assert kinds() == ["chain_rewritten", "chain_rewritten"]
    past_the_guards("DELETE FROM audit_checkpoints WHERE operator_id = :of", of=of)
    assert kinds(kept=iter(outside)) == ["chain_rewritten", "chain_rewritten"]


def test_a_checkpoint_that_was_signed_with_another_key_is_not_ours(
    operators: Sequence[Operator], settings: Any
) -> None:
    settings.audit_key_path.unlink()
    write(operators[0])
    audit_seals.seal_all()
    audit_checkpoints.sign()
    assert kinds() == []  # a key of ours, made anew
    newest = audit_keys.signing_key().id
    (settings.audit_key_path.parent / audit_keys.PUBLIC_KEYS / f"{newest}.pem").unlink()
    [finding] = verify()[1]
    assert (finding.kind, finding.number) == ("checkpoint_unknown_key", "7")
    assert newest in finding.message


@pytest.mark.parametrize(
    "change",
    [
        "signature = replace(signature, substr(signature, 9, 1), 'x')",
        "signature = upper(signature)",
        "hash = :other",
        "signed_at = signed_at + 1",
        "number = 5",
    ],
)
def test_a_changed_checkpoint_is_found(of: Any, change: str) -> None:
    last = "WHERE operator_id = :of AND number = 6"
    values = {"of": of, "other": "0" * 64} if ":other" in change else {"of": of}
    past_the_guards(f"UPDATE audit_checkpoints SET {change} {last}", **values)
    assert kinds() == ["checkpoint_changed"]


def test_a_checkpoint_from_outside_that_was_changed_is_found(operators: Sequence[Operator]) -> None:
    changed = [replace(each, checkpoint=replace(each.checkpoint, number=5)) for each in kept()]
    assert kinds(kept=changed[:1]) == ["checkpoint_changed"]
    unsigned = [replace(each, checkpoint=replace(each.checkpoint, key_id="f" * 64)) for each in kept()]
    assert kinds(kept=unsigned[:1]) == ["checkpoint_unknown_key"]


def test_a_checkpoint_from_outside_speaks_for_the_operator_that_is_asked_about(
    operators: Sequence[Operator],
) -> None:
    verdict, _ = verify(operator_id=operators[0].id, kept=kept())
    assert list(verdict.signed_by.values()) == [4]


def test_pages_are_read_one_after_the_other(
    operators: Sequence[Operator], of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chains, "PAGE", 4)
    past_the_guards("UPDATE audit_log SET actor_id = 'me' WHERE operator_id = :of", of=of)
    assert kinds() == ["entry_changed"] * 6
    assert verify()[0].entries == 12


def test_an_entry_that_stands_twice_is_found(of: Any) -> None:
    if database.engine().dialect.name == "sqlite":
        pytest.skip("SQLite cannot drop a primary key; a file that was edited has its own test")
    with unguarded(), database.transaction() as db:
        db.execute(text("ALTER TABLE audit_log DROP CONSTRAINT pk_audit_log"))
        db.execute(text(f"INSERT INTO audit_log SELECT * FROM audit_log WHERE id = {THIRD}"), {"of": of})
    assert "entry_doubled" in kinds()


def test_text_that_is_no_text_any_more_is_reported_and_the_rest_is_read(of: Any) -> None:
    if database.engine().dialect.name == "postgresql":
        pytest.skip("PostgreSQL takes no text that is not UTF-8")
    past_the_guards(f"UPDATE audit_log SET action = CAST(x'ff' AS TEXT) WHERE id = {THIRD}", of=of)
    past_the_guards("UPDATE audit_seals SET hash = CAST(x'ff' AS TEXT) WHERE number = 6")
    assert set(kinds()) == {"entry_changed", "seal_changed", "chain_rewritten"}
    past_the_guards("UPDATE audit_seals SET operator_id = CAST(x'ff' AS TEXT) WHERE rowid = 1")
    assert "damaged" in kinds()


def test_every_column_of_an_entry_is_under_its_seal(operators: Sequence[Operator]) -> None:
    with database.reading() as db:
        columns = audit_chains.Columns.of(AuditEntry, db)
    assert set(columns.names) == set(AuditEntry.__table__.columns.keys())
    assert seals.shown(seals.stored(operators[0].id)) == str(operators[0].id)
