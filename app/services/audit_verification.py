"""Verify the audit log: does every entry stand as it was sealed, every seal in its chain, every signature?

Everything is read as the database holds it, page by page, so memory stays small however long the log is.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app import database
from app.domain.seals import Finding
from app.migrations import grants
from app.models import AuditEntry
from app.services import audit_chains, audit_keys, audit_seals, audit_signatures
from app.services.audit_chains import Note
from app.services.audit_signatures import Kept

TABLES = ("audit_log", "audit_seals", "audit_checkpoints")


@dataclass(slots=True)
class Verdict:
    """What a look at the log came to."""

    operators: int = 0
    entries: int = 0
    """Entries that have a seal."""
    unsealed: int = 0
    """Entries that have none yet."""
    findings: int = 0
    signed_by: Counter[str] = field(default_factory=Counter)
    """How many checkpoints each key signed."""
    seconds: float = 0.0
    guards_can_be_lifted: bool = False
    """Whether the role that looked, and so perhaps the server, owns the tables (PostgreSQL only)."""

    @property
    def entries_per_second(self) -> int:
        """Return how fast it went."""
        return round(self.entries / self.seconds) if self.seconds else 0


def verify(*, report: Note, operator_id: UUID | None = None, kept: Iterable[Kept] = ()) -> Verdict:
    """Look at the log of one operator, or of all, and report every broken thing as it is found.

    `kept` are checkpoints from outside the database. Raise AuditKeyError for a public key that is none.
    """
    verdict = Verdict()
    began = time.monotonic()

    def note(finding: Finding) -> None:
        verdict.findings += 1
        report(finding)

    keys = audit_keys.public_keys()
    with _reported(note):
        _check_tables(note)
    with _reported(note):
        _check_chains(note, verdict, operator_id)
    with _reported(note):
        verdict.signed_by += audit_signatures.check(keys, note, operator_id=operator_id)
    with _reported(note):
        verdict.signed_by += audit_signatures.check_kept(kept, keys, note, operator_id=operator_id)
    with _reported(note):
        verdict.unsealed = audit_seals.unsealed(operator_id)
    verdict.guards_can_be_lifted = _owns_tables()
    verdict.seconds = time.monotonic() - began
    return verdict


def _owns_tables() -> bool:
    if database.engine().dialect.name == "sqlite":
        return False  # there is no role to speak of
    with database.reading() as db:
        return grants.owns_audit_log(db.connection())


@contextmanager
def _reported(note: Note) -> Iterator[None]:
    """Report what the database cannot even read; what comes after it in this part is not looked at."""
    try:
        yield
    except DBAPIError as failure:
        reason = str(failure.orig).strip().splitlines()[0]
        note(Finding("damaged", f"The database cannot read its audit tables: {reason}."))


def _check_chains(note: Note, verdict: Verdict, operator_id: UUID | None) -> None:
    for operator in audit_chains.operators(operator_id):
        verdict.operators += 1
        verdict.entries += audit_chains.walk(operator, note)


def _check_tables(note: Note) -> None:
    """Look for entries that stand twice, and on SQLite for an index that differs from its table."""
    if database.engine().dialect.name == "sqlite":
        for table in TABLES:
            _check_file(table, note)
    doubled = select(AuditEntry.id).group_by(AuditEntry.id).having(func.count() > 1)
    with database.reading() as db:
        for entry_id in map(str, db.scalars(doubled)):
            note(Finding("entry_doubled", f"Entry {entry_id} is there more than once.", entry_id=entry_id))


def _check_file(table: str, note: Note) -> None:
    with database.reading() as db:
        for line in db.scalars(text(f"PRAGMA integrity_check({table})")):
            if line != "ok":
                note(Finding("damaged", f"The database file is damaged: {line}."))
