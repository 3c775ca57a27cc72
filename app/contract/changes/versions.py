"""Which version a change demands: breaking a major one, additive a minor one, docs a patch."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from app.contract.changes.change import Change, Impact

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_PLACES: Final = {Impact.BREAKING: 0, Impact.ADDITIVE: 1, Impact.DOCS: 2}
"""Which number of a version has to grow, counted from the left."""

_Version = tuple[int, ...]


def least(changes: Iterable[Change], *, released: str) -> str:
    """Return the least version that changes demand after a released one."""
    places = [_PLACES[change.impact] for change in changes]
    numbers = list(_numbers(released) or ())
    if not places or not numbers:
        return released
    place = min(places)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1, *(0 for _ in numbers[place + 1 :])]))


def objection(changes: Sequence[Change], *, released: str, current: str) -> str | None:
    """Return what is wrong with the current version, in one sentence; None if it is as it has to be."""
    before, after = _numbers(released), _numbers(current)
    if before is None or after is None:
        return f"info.version {released if before is None else current!r} is no version like 1.4.0."
    if after < before:
        return f"info.version went back from {released} to {current}."
    if not changes:
        return (
            None if before == after else f"info.version is {current}, and nothing changed since {released}."
        )
    demanded = least(changes, released=released)
    if after < (_numbers(demanded) or ()):
        what = f"{tally(changes)} since {released}"
        return f"{what} demand at least version {demanded}; info.version is {current}."
    return None


def tally(changes: Iterable[Change]) -> str:
    """Count changes by their impact: `0 breaking, 2 additive, 1 docs`."""
    counted = Counter(change.impact for change in changes)
    return ", ".join(f"{counted[impact]} {impact}" for impact in Impact)


def _numbers(version: str) -> _Version | None:
    parts = _VERSION.fullmatch(version)
    return tuple(map(int, parts.groups())) if parts else None
