"""Checkpoints as lines of JSON, to be kept outside the database and read again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

import click

from app.services.audit_checkpoints import Checkpoint
from app.services.audit_keys import PublicKey
from app.services.audit_signatures import Kept


def written(checkpoint: Checkpoint, keys: Mapping[str, PublicKey]) -> str:
    """Write a checkpoint with the public key that it can be checked with, where that is known."""
    facts: dict[str, object] = {
        "operator_id": str(checkpoint.operator_id),
        "number": checkpoint.number,
        "hash": checkpoint.hash,
        "signed_at": checkpoint.signed_at.isoformat(),
        "key_id": checkpoint.key_id,
        "signature": checkpoint.signature,
    }
    if key := keys.get(checkpoint.key_id):
        facts["public_key"] = key.raw.hex()
    return json.dumps(facts)


def read(lines: Iterable[str]) -> Iterator[Kept]:
    """Read what `written` wrote, line by line.

    Raise ClickException naming the first line that is no checkpoint, and where there is none at all.
    """
    found = False
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _kept(line)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as failure:
                message = f"Line {number} is no checkpoint, as parkgraph audit checkpoint prints them."
                raise click.ClickException(message) from failure
            found = True
    if not found:
        raise click.ClickException("There is no checkpoint to compare with.")


def _kept(line: str) -> Kept:
    facts = json.loads(line)
    public_key = facts.get("public_key")
    checkpoint = Checkpoint(
        operator_id=UUID(facts["operator_id"]),
        number=int(facts["number"]),
        hash=str(facts["hash"]),
        signed_at=datetime.fromisoformat(facts["signed_at"]),
        key_id=str(facts["key_id"]),
        signature=str(facts["signature"]),
    )
    checkpoint.stored()  # a time without a zone is refused here
    return Kept(checkpoint, PublicKey.of(bytes.fromhex(public_key)) if public_key else None)
