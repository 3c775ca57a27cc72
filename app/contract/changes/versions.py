"""Which version a change demands: breaking a major one, additive a minor one, docs a patch."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from app.contract.changes.change import Impact
from app.contract.changes.entries import Entry

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_PLACES: Final = {Impact.BREAKING: 0, Impact.ADDITIVE: 1, Impact.DOCS: 2}
"""Which number of a version has to grow, counted from the left."""

_Version = tuple[int, ...]


def least(entries: Iterable[Entry], *, released: str) -> str:
    """Return the least version that changes demand after a released one."""
    places = [_PLACES[entry.impact] for entry in entries]
    numbers = list(_numbers(released) or ())
    if not places or not numbers:
        return released
    place = min(places)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1, *(0 for _ in numbers[place + 1 :])]))


def objection(entries: Sequence[Entry], *, released: str, current: str) -> str | None:
    """Return what is wrong with the current version, in one sentence; None if it is as it has to be."""
    before, after = _numbers(released), _numbers(current)
    if before is None or after is None:
        return f"info.version {released if before is None else current!r} is no version like 1.4.0."
    if after < before:
        return f"info.version went back from {released} to {current}."
    if not entries:
        return (
            None if before == after else f"info.version is {current}, and nothing changed since {released}."
        )
    demanded = least(entries, released=released)
    if after < (_numbers(demanded) or ()):
        what = f"{tally(entries)} since {released}"
        return f"{what} demand at least version {demanded}; info.version is {current}."
    return None


def tally(entries: Iterable[Entry]) -> str:
    """Count entries by their impact: `0 breaking, 2 additive, 1 docs`."""
    counted = Counter(entry.impact for entry in entries)
    return ", ".join(f"{counted[impact]} {impact}" for impact in Impact)


def _numbers(version: str) -> _Version | None:
    parts = _VERSION.fullmatch(version)
    return tuple(map(int, parts.groups())) if parts else None
