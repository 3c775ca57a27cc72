"""Every entry gets its seal: late ones, many at once, from several workers; on both databases."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from app import database
from app.models import AuditEntry, AuditSeal, Operator
from app.services import audit_seals
from app.services.audit_seals import Patrol
from tests.factories import keep, make_operator
from tests.services.audited import kinds, past_the_guards, write

pytestmark = pytest.mark.usefixtures("db", "time")

LONG_AGO = UUID("01890000-0000-7000-8000-000000000001")
SNAPSHOT = {
    "id": UUID("019d79bb-20c0-7128-a24b-e40ad23f0824"),
    "at": datetime(2026, 11, 22, 18, 30, 0, 250_000, tzinfo=UTC),
    "operator_id": UUID("019d79bb-20c0-7128-a24b-e40ad23f0001"),
    "actor_type": "api_key",
    "actor_id": "Zoë",
    "action": "rates.set",
    "diff": {"rate": ["6.00", "8.00"], "at": 6.0, "where": "Lionshead é", "none": None},
}
SNAPSHOT_HASH = "35b76c7ab89e008d9099dd2c979fdc5402ec601b891e370aac2e086825b5c652"


def numbers(operator: Operator) -> Sequence[int]:
    of_operator = AuditSeal.operator_id == operator.id
    with database.reading() as db:
        return db.scalars(select(AuditSeal.number).where(of_operator).order_by(AuditSeal.number)).all()


def late(operator: Operator, entry_id: UUID = LONG_AGO) -> None:
    """Write an entry that waited on disk for years."""
    keep(AuditEntry(**SNAPSHOT | {"id": entry_id, "operator_id": operator.id}))


def test_every_operator_has_a_chain_of_its_own_without_gaps() -> None:
    one, other = make_operator(), make_operator()
    write(one, 3)
    write(other, 2)
    assert audit_seals.seal_recent() == 5
    write(one, 1)
    assert audit_seals.seal_recent() == 1
    assert (numbers(one), numbers(other)) == ([1, 2, 3, 4], [1, 2])
    assert audit_seals.seal_recent() == audit_seals.seal_all() == 0


def test_an_entry_has_the_same_hash_on_every_database() -> None:
    keep(AuditEntry(**SNAPSHOT))
    audit_seals.seal_all()
    with database.reading() as db:
        assert db.scalars(select(AuditSeal.entry_hash)).all() == [SNAPSHOT_HASH]


def test_an_entry_that_comes_late_is_sealed_in_its_turn() -> None:
    operator = make_operator()
    late(operator)
    assert audit_seals.seal_recent() == 0
    assert audit_seals.unsealed() == 1
    assert Patrol().go_on() == 1
    assert numbers(operator) == [1]


def test_the_patrol_takes_a_part_in_each_round_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "STRETCH", 4)
    monkeypatch.setattr(audit_seals, "BATCH", 3)
    operator = make_operator()
    write(operator, 9)
    patrol = Patrol()
    assert [patrol.go_on(stretches=1) for _ in range(4)] == [4, 4, 1, 0]
    late(operator)
    assert sum(patrol.go_on(stretches=1) for _ in range(4)) == 1
    assert numbers(operator) == list(range(1, 11))
    assert kinds() == []


def test_a_round_has_an_end_where_more_waits_than_it_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "STRETCH", 4)
    monkeypatch.setattr(audit_seals, "MOST_AT_ONCE", 4)
    write(make_operator(), 9)
    assert [audit_seals.seal_recent() for _ in range(4)] == [4, 4, 1, 0]


def test_several_workers_leave_no_gap_and_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "BATCH", 5)
    operators = [make_operator() for _ in range(3)]
    for operator in operators:
        write(operator, 40)
    start_line = threading.Barrier(4)

    def work() -> None:
        start_line.wait()
        while audit_seals.unsealed():
            audit_seals.seal_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [numbers(operator) for operator in operators] == [list(range(1, 41))] * 3
    assert kinds() == []


def test_an_entry_that_nobody_can_seal_keeps_no_other_waiting() -> None:
    operator = make_operator()
    write(operator, 3)
    if database.engine().dialect.name == "postgresql":
        assert audit_seals.seal_all() == 3  # an id cannot be anything else there
        return
    past_the_guards("UPDATE audit_log SET id = 'nobody' WHERE id = (SELECT min(id) FROM audit_log)")
    assert audit_seals.seal_all() == 2
    assert numbers(operator) == [1, 2]
    assert audit_seals.unsealed() == 1
