"""Check what was signed: every checkpoint in the database, and those that were kept outside of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Row, and_, select, tuple_

from app import database
from app.domain import seals
from app.domain.seals import Finding, Kind, Stored
from app.models import AuditCheckpoint, AuditSeal
from app.services.audit_chains import PAGE, Note
from app.services.audit_checkpoints import Checkpoint
from app.services.audit_keys import PublicKey
from app.services.audit_rows import Columns, raw, raw_id

Keys = Mapping[str, PublicKey]

_checkpoints: FromClause = AuditCheckpoint.__table__
_seals: FromClause = AuditSeal.__table__
_operator, _number = raw(_checkpoints.c.operator_id), raw(_checkpoints.c.number)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was kept outside the database, and the public key that was kept with it, if any."""

    checkpoint: Checkpoint
    key: PublicKey | None


def check(keys: Keys, note: Note, *, operator_id: UUID | None = None) -> Counter[str]:
    """Check the database's own checkpoints; return how many each key signed."""
    signed_by: Counter[str] = Counter()
    last: Row[Any] | None = None
    while page := _page(operator_id, last):
        for _, checkpoint, seal_hash in page:
            signed_by[_said(checkpoint, "key_id")] += 1
            if finding := _judged(checkpoint, seal_hash, keys):
                note(finding)
        last = page[-1][0]
    return signed_by


def check_kept(
    kept: Iterable[Kept], keys: Keys, note: Note, *, operator_id: UUID | None = None
) -> Counter[str]:
    """Check checkpoints from outside against the chains as they are now; return how many each key signed."""
    signed_by: Counter[str] = Counter()
    for each in kept:
        checkpoint = each.checkpoint
        if operator_id not in (None, checkpoint.operator_id):
            continue
        signed_by[checkpoint.key_id] += 1
        known = keys if each.key is None else {**keys, each.key.id: each.key}
        if finding := _judged(checkpoint.stored(), _hash_of_seal(checkpoint), known):
            note(replace(finding, message=f"By a checkpoint from outside: {finding.message}"))
    return signed_by


def _judged(checkpoint: Stored, seal_hash: bytes | None, keys: Keys) -> Finding | None:
    """Say what is wrong with a checkpoint, or with the chain that it speaks of."""
    number, key_id = _said(checkpoint, "number"), _said(checkpoint, "key_id")
    key = keys.get(key_id)
    if key is None:
        return _found(
            checkpoint, "checkpoint_unknown_key", f"Checkpoint {number} names an unknown key, {key_id}."
        )
    if not key.has_signed(seals.words(checkpoint), _said(checkpoint, "signature")):
        return _found(
            checkpoint, "checkpoint_changed", f"Checkpoint {number} is not what key {key_id} signed."
        )
    if seal_hash is None:
        return _found(checkpoint, "chain_shorter", f"The chain went to seal {number}, which is not there.")
    if seal_hash != checkpoint["hash"]:
        return _found(checkpoint, "chain_rewritten", f"Seal {number} is not the one that was signed.")
    return None


def _found(checkpoint: Stored, kind: Kind, message: str) -> Finding:
    operator_id = _said(checkpoint, "operator_id")
    return Finding(kind, message, operator_id=operator_id, number=_said(checkpoint, "number"))


def _said(checkpoint: Stored, name: str) -> str:
    return seals.shown(checkpoint[name]) or ""


def _page(operator_id: UUID | None, last: Row[Any] | None) -> Sequence[tuple[Row[Any], Stored, bytes | None]]:
    with database.reading() as db:
        checkpoint, seal = Columns.of(AuditCheckpoint, db), Columns.of(AuditSeal, db)
        same = and_(
            _seals.c.operator_id == _checkpoints.c.operator_id, _seals.c.number == _checkpoints.c.number
        )
        both = _checkpoints.outerjoin(_seals, same)
        wanted = select(_operator, _number, *checkpoint.selected, *seal.selected).select_from(both)
        if operator_id is not None:
            wanted = wanted.where(raw_id(operator_id) == _operator)
        if last is not None:
            wanted = wanted.where(tuple_(_operator, _number) > tuple(last)[:2])
        rows = db.execute(wanted.order_by(_operator, _number).limit(PAGE)).all()
    behind = 2 + len(checkpoint.names)
    return [(row, checkpoint.read(row, start=2), seal.read(row, start=behind)["hash"]) for row in rows]


def _hash_of_seal(checkpoint: Checkpoint) -> bytes | None:
    """Look up the hash of the seal that a checkpoint speaks of, as it is stored."""
    with database.reading() as db:
        seal = Columns.of(AuditSeal, db)
        wanted = select(*seal.selected).where(
            _seals.c.operator_id == checkpoint.operator_id, _seals.c.number == checkpoint.number
        )
        row = db.execute(wanted).first()
    return None if row is None else seal.read(row)["hash"]
