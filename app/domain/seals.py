"""Seals: a chain of hashes over an operator's audit log, and what goes wrong with it when somebody meddles.

Every row is hashed as its database holds it: by column, the kind of the value and its text. So a single byte
that changes is a change, be it the spelling of a number inside a diff or the case of a letter in an id.

    entry_hash  over all columns of the entry
    hash        over the hash of the seal before it and all other columns of the seal
    words       what a checkpoint signs: all of its columns but the signature

Columns that are NULL are left out, so that a column which the log gets one day breaks no older seal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from uuid import UUID

Stored = Mapping[str, bytes | None]
"""A row as its database holds it: `{"number": b"integer 7"}`, by column in alphabetical order."""

FIRST = "0" * 64
"""What stands in the place of the hash before an operator's first seal."""

_STORED_ID = re.compile(b"text [0-9a-f]{32}")

Kind = Literal[
    "entry_changed",
    "entry_missing",
    "entry_doubled",
    "seal_changed",
    "seal_missing",
    "seal_doubled",
    "checkpoint_changed",
    "checkpoint_unknown_key",
    "chain_rewritten",
    "chain_shorter",
    "damaged",
]


class AuditKeyError(RuntimeError):
    """A file with a signing key cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken thing, and where."""

    kind: Kind
    message: str
    operator_id: str | None = None
    number: str | None = None
    entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A seal with the entry that it speaks of, if that is still there."""

    seal: Stored
    entry: Stored | None


def stored(value: UUID | int | str) -> bytes:
    """Write a value as a database holds it: ids as text of 32 digits, instants as microseconds."""
    if isinstance(value, int):
        return b"integer %d" % value
    return b"text " + (value.hex if isinstance(value, UUID) else value).encode()


def is_id(value: bytes | None) -> bool:
    """Tell whether a stored value is an id, and written as ids are."""
    return _STORED_ID.fullmatch(value or b"") is not None


def shown(value: bytes | None) -> str | None:
    """Write a stored value for people; an id as it is written everywhere else."""
    if value is None:
        return None
    text = value.partition(b" ")[2].decode(errors="backslashreplace")
    return str(UUID(text)) if is_id(value) else text


def entry_hash(entry: Stored) -> str:
    """Hash an entry of the log."""
    return sha256(b"parkgraph audit entry 1\n" + _framed(entry)).hexdigest()


def seal_hash(previous: str, seal: Stored) -> str:
    """Hash a seal, whose own hash is left out, after the hash of the one before it."""
    said = _framed(seal, without="hash")
    return sha256(b"parkgraph audit seal 1\n%b\n%b" % (previous.encode(), said)).hexdigest()


def words(checkpoint: Stored) -> bytes:
    """Return what a checkpoint signs."""
    return b"parkgraph audit checkpoint 1\n" + _framed(checkpoint, without="signature")


def _framed(row: Stored, *, without: str = "") -> bytes:
    """Write `column=length:value` lines; the length keeps two values from trading bytes."""
    lines = [
        b"%b=%d:%b\n" % (name.encode(), len(value), value)
        for name, value in row.items()
        if value is not None and name != without
    ]
    return b"".join(lines)


@dataclass(slots=True)
class Chain:
    """A walk along the seals of one operator, in the order of their numbers."""

    number: int = 0
    entries: int = 0
    _before: tuple[str, ...] = field(default=(FIRST,))
    """What the hash before may be: as it stands, and as it should stand; () after a gap."""

    def follow(self, link: Link) -> list[Finding]:
        """Take the next seal and say what is wrong with it, or with its entry."""
        number = _whole(link.seal["number"])
        if number is None or number < 1:
            return [_found("seal_changed", link, "A seal has a number that no seal has.")]
        if number == self.number:
            return [_found("seal_doubled", link, f"Seal {number} is there twice.")]
        findings = self._gap(link, number)
        self.number = number
        intact = self._hash(link)
        if not intact:
            findings.append(_found("seal_changed", link, f"Seal {number} was changed."))
        self.entries += 1
        return findings + (_about_entry(link, number) if intact else [])

    def _gap(self, link: Link, number: int) -> list[Finding]:
        first, last = self.number + 1, number - 1
        if first > last:
            return []
        self._before = ()
        which = f"Seal {first} is" if first == last else f"Seals {first} to {last} are"
        return [_found("seal_missing", link, f"{which} missing.", number=str(first))]

    def _hash(self, link: Link) -> bool:
        """Tell whether a seal follows from the one before it, as far as that is known."""
        stands = _text(link.seal["hash"])
        follows = [seal_hash(before, link.seal) for before in self._before]
        # A seal whose hash alone was changed must not make its successor look changed too.
        self._before = (stands, *follows[:1])
        return not follows or stands in follows


def _about_entry(link: Link, number: int) -> list[Finding]:
    entry_id = shown(link.seal["entry_id"])
    if link.entry is None:
        return [_found("entry_missing", link, f"Entry {entry_id}, seal {number}, is missing.")]
    changed = entry_hash(link.entry) != _text(link.seal["entry_hash"])
    if changed or link.entry["operator_id"] != link.seal["operator_id"]:
        return [_found("entry_changed", link, f"Entry {entry_id}, seal {number}, was changed.")]
    return []


def _found(kind: Kind, link: Link, message: str, *, number: str | None = None) -> Finding:
    return Finding(
        kind=kind,
        message=message,
        operator_id=shown(link.seal["operator_id"]),
        number=number or shown(link.seal["number"]),
        entry_id=None if kind == "seal_missing" else shown(link.seal["entry_id"]),
    )


def _whole(value: bytes | None) -> int | None:
    kind, _, digits = (value or b"").partition(b" ")
    return int(digits) if kind == b"integer" else None


def _text(value: bytes | None) -> str:
    """Return a stored text; anything else is equal to no hash."""
    kind, _, text = (value or b"").partition(b" ")
    return text.decode(errors="backslashreplace") if kind == b"text" else ""
