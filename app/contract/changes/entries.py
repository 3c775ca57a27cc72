"""Changes as developers read them: one line for a change, however many operations it shows in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from app.contract.changes.change import Change, Impact, Side
from app.contract.load import Json

_NAMED: Final = 3
"""Operations that are named before the rest is counted."""

PREFACE: Final = """\
# Changes of the contract

Every change of the contract from release to release, written by `parkgraph contract changes --write`;
[versioning.md](versioning.md) says what makes a change breaking. What else changed stands in
[CHANGELOG.md](../CHANGELOG.md).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change, and the operations that it shows in."""

    impact: Impact
    side: Side
    place: str
    operations: tuple[str, ...]
    sentence: str

    @property
    def line(self) -> str:
        """Write it as one line."""
        return f"{self.place}{_shown(self.place, self.operations)}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What one version of the contract changed."""

    version: str
    since: str | None
    """The version before it; None for the first."""
    released_on: str | None
    """A date; None as long as it is not released."""
    entries: tuple[Entry, ...]

    def as_json(self) -> Json:
        """Write it for programs, and for pages."""
        return asdict(self)

    @classmethod
    def of_json(cls, written: Json) -> "Release":
        """Read what `as_json` wrote."""
        entries = tuple(
            Entry(
                **{**each, "impact": Impact(each["impact"]), "operations": tuple(each["operations"])},
            )
            for each in written["entries"]
        )
        return cls(**{**written, "entries": entries})


def grouped(changes: Iterable[Change]) -> tuple[Entry, ...]:
    """Put changes together that are one change of a shared definition, or the same of many operations."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        place = change.definition or change.where.removeprefix(f"{change.operation}: ")
        groups.setdefault((change.impact, change.side, place, change.sentence), []).append(change)
    return tuple(_entry(place, group) for (_, _, place, _), group in groups.items())


def _entry(place: str, group: Sequence[Change]) -> Entry:
    first = group[0]
    return Entry(
        impact=first.impact,
        side=first.side,
        place=place if len(group) > 1 else first.where,
        operations=tuple(dict.fromkeys(change.operation for change in group if change.operation)),
        sentence=first.sentence,
    )


def _shown(place: str, operations: Sequence[str]) -> str:
    """Name the operations of an entry, unless its place begins with the only one."""
    if not operations or place.partition(":")[0] == operations[0]:
        return ""
    if len(operations) <= _NAMED:
        return f" ({', '.join(operations)})"
    return f" ({', '.join(operations[: _NAMED - 1])} and {len(operations) - _NAMED + 1} more operations)"


def page(releases: Iterable[Release]) -> str:
    """Write the page of every release, the newest first."""
    return "\n".join([PREFACE, *(line for release in releases for line in _section(release))])


def _section(release: Release) -> Iterator[str]:
    yield f"## {release.version} - {release.released_on or 'not released yet'}\n"
    if release.since is None:
        yield "The first released contract.\n"
    for impact in Impact:
        entries = [entry for entry in release.entries if entry.impact is impact]
        if entries:
            yield f"### {impact.capitalize()}\n"
            yield from (f"- {_marked(entry.side)}{entry.line}" for entry in entries)
            yield ""


def _marked(side: Side) -> str:
    return "" if side == "neither" else f"{side.capitalize()}: "
