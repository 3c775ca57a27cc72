"""A small audit log to meddle with, and the way past the database's own refusal that an owner of it has."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import text

from app import database
from app.domain.seals import Finding
from app.models import Operator
from app.services import audit, audit_checkpoints, audit_seals, audit_verification
from app.services.audit_verification import Verdict
from tests.factories import caller_of, make_operator, make_project

TABLES = ("audit_log", "audit_seals", "audit_checkpoints")


def write(operator: Operator, number: int = 1) -> None:
    """Write so many entries of an operator, with every column filled."""
    caller = caller_of(make_project(operator=operator), platform="openai")
    with database.transaction() as db:
        for minutes in range(number):
            audit.append(
                db,
                caller,
                "session.extend",
                operator_id=operator.id,
                other_operator_id=uuid4(),
                subject=("session", uuid4()),
                lot_id=uuid4(),
                diff={"planned_end_at": ["18:30", f"19:{minutes:02}"], "rate": 6.0, "where": "Lionshead é"},
            )


def sealed_log(*, entries: int = 6) -> Sequence[Operator]:
    """Make two operators' logs, sealed, each signed half-way and at the end."""
    operators = [make_operator(), make_operator()]
    for _ in range(2):
        for operator in operators:
            write(operator, entries // 2)
        audit_seals.seal_all()
        audit_checkpoints.sign()
    return operators


def verify(**wishes: object) -> tuple[Verdict, list[Finding]]:
    """Verify the log, and return what was found."""
    findings: list[Finding] = []
    verdict = audit_verification.verify(report=findings.append, **wishes)  # type: ignore[arg-type] # test sugar
    assert verdict.findings == len(findings)
    return verdict, findings


def kinds(**wishes: object) -> list[str]:
    """Verify the log, and name what was found."""
    return [finding.kind for finding in verify(**wishes)[1]]


def past_the_guards(statement: str, **values: object) -> None:
    """Run one statement as somebody who owns the database and lifts its guards for it."""
    with unguarded(), database.transaction() as db:
        db.execute(text(statement), values)


@contextmanager
def unguarded() -> Iterator[None]:
    """Lift the guards of the audit tables while the block runs."""
    lift, put_back = _on_sqlite() if database.engine().dialect.name == "sqlite" else _on_postgresql()
    _run(lift)
    try:
        yield
    finally:
        _run(put_back)


def _on_sqlite() -> tuple[list[str], list[str]]:
    wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'"
    with database.reading() as db:
        guards = db.execute(text(wanted)).all()
    return [f"DROP TRIGGER {name}" for name, _ in guards], [sql for _, sql in guards]


def _on_postgresql() -> tuple[list[str], list[str]]:
    lift = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES]
    return lift, [statement.replace("DISABLE", "ENABLE") for statement in lift]


def _run(statements: Sequence[str]) -> None:
    with database.transaction() as db:
        for statement in statements:
            db.execute(text(statement))
