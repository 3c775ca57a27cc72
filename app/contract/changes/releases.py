"""The released contract and its history, as files of the checkout."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

import orjson

from app.contract import published
from app.contract.changes import document, entries, versions
from app.contract.changes.entries import Entry, Release
from app.contract.document import Contract
from app.contract.load import Json, spec_folder

_DATED: Final = r"^## \[{version}\] - (\d{{4}}-\d\d-\d\d)$"


class ReleaseError(ValueError):
    """The contract cannot be compared with what was released, or not be released."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a checkout keeps what was released."""

    root: Path

    @classmethod
    def here(cls) -> "Shelf":
        """Return the shelf of this checkout."""
        return cls(spec_folder().parent)

    @property
    def document(self) -> Path:
        """Return the file of the released document."""
        return self.root / "contract-tests" / "released" / "openapi.json"

    @property
    def history(self) -> Path:
        """Return the file of every release's changes, for programs."""
        return self.document.with_name("changes.json")

    @property
    def page(self) -> Path:
        """Return the page of every release's changes, for people."""
        return self.root / "docs" / "contract-changes.md"

    def released_on(self, version: str) -> str:
        """Return the date that CHANGELOG.md gives a version; raise ReleaseError if it gives none."""
        dated = self._dated(version)
        if dated is None:
            raise ReleaseError(
                f"CHANGELOG.md has no heading for {version} with a date: ## [{version}] - YYYY-MM-DD"
            )
        return dated

    def released_at(self, version: str) -> datetime | None:
        """Return when clients can read a version, at the earliest: not before the release before it."""
        last = next((each.released_on for each in _former(self)), None)
        day = self._dated(version) or last
        return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None

    def _dated(self, version: str) -> str | None:
        written = (self.root / "CHANGELOG.md").read_text(encoding="utf-8")
        dated = re.search(_DATED.format(version=re.escape(version)), written, re.MULTILINE)
        return dated and dated[1]


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the released contract."""

    released: str
    current: str
    entries: tuple[Entry, ...]
    is_draft: bool = False
    """Whether no release made what it is compared with: then it binds nobody, and is to be written anew."""

    @property
    def objection(self) -> str | None:
        """Return what is wrong with the version, or with a draft; None if all is as it has to be."""
        if not self.is_draft:
            return versions.objection(self.entries, released=self.released, current=self.current)
        if not self.entries and self.released == self.current:
            return None
        told = f"{self.current} is not released yet, and its draft is not up to date"
        return f"{told}: run parkgraph contract changes --write."

    @property
    def tally(self) -> str:
        """Count the entries, and say since when."""
        since = f"the draft of {self.released}" if self.is_draft else self.released
        return f"{versions.tally(self.entries)} since {since}"

    @property
    def release(self) -> Release | None:
        """Return the release that is to come; None where nothing changed, or none was made before it."""
        if not self.entries or self.is_draft:
            return None
        return Release(
            version=self.current,
            since=self.released,
            released_on=None,
            entries=self.entries,
        )


def since(contract: Contract, *, shelf: Shelf, released: Path | None = None) -> Since:
    """Compare the contract with the released one, or with the document in another file."""
    former, current = _read(released or shelf.document), contract.document
    version = current["info"]["version"]
    changes = document.compare(former, current, released_at=shelf.released_at(version))
    is_draft = released is None and not _former(shelf)
    return Since(former["info"]["version"], version, entries.grouped(changes), is_draft)


def _read(path: Path) -> Json:
    try:
        return cast(Json, orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        raise ReleaseError(f"There is no released contract at {path}.") from None
    except orjson.JSONDecodeError as error:
        raise ReleaseError(f"{path} is not JSON: {error}.") from error


def write(contract: Contract, *, shelf: Shelf) -> None:
    """Write the entries of the release to come, and keep those of every other.

    Before the first release the draft is written instead. Raises ReleaseError, and writes nothing, where the
    version is not the one that the changes demand.
    """
    found = since(contract, shelf=shelf)
    if found.is_draft:
        _put(contract, shelf)
    elif found.objection:
        raise ReleaseError(found.objection)
    _keep(_history(found, shelf), shelf)


def stale(found: Since, *, shelf: Shelf) -> list[Path]:
    """Return the files whose entries are not those of the contract as it is."""
    history = _history(found, shelf)
    wanted = {shelf.history: _as_json(history), shelf.page: entries.page(history).encode()}
    return [path for path, content in wanted.items() if not path.is_file() or path.read_bytes() != content]


def release(contract: Contract, *, shelf: Shelf) -> Release:
    """Make the contract the released one, and date its entries; raise ReleaseError where it may not be.

    The first release has nothing to be compared with: a document on the shelf that no release made is a
    draft of it.
    """
    former = _former(shelf)
    is_first = not former or not shelf.document.is_file()
    made = _first(contract) if is_first else _next(since(contract, shelf=shelf))
    made = replace(made, released_on=shelf.released_on(made.version))
    _keep([made, *(each for each in former if each.version != made.version)], shelf)
    _put(contract, shelf)
    return made


def _next(found: Since) -> Release:
    if found.objection:
        raise ReleaseError(found.objection)
    if found.release is None:
        raise ReleaseError("There is nothing to release: nothing changed since the last release.")
    return found.release


def _first(contract: Contract) -> Release:
    return Release(version=contract.document["info"]["version"], since=None, released_on=None, entries=())


def _history(found: Since, shelf: Shelf) -> list[Release]:
    return [*([found.release] if found.release else []), *_former(shelf)]


def _former(shelf: Shelf) -> list[Release]:
    """Return the releases that were made, the newest first."""
    if not shelf.history.is_file():
        return []
    read = [Release.of_json(each) for each in orjson.loads(shelf.history.read_bytes())]
    return [each for each in read if each.released_on is not None]


def _put(contract: Contract, shelf: Shelf) -> None:
    """Put the contract on the shelf, as it is published."""
    shelf.document.parent.mkdir(parents=True, exist_ok=True)
    shelf.document.write_bytes(published.forms(contract)["openapi.json"].body)


def _keep(history: Sequence[Release], shelf: Shelf) -> None:
    shelf.document.parent.mkdir(parents=True, exist_ok=True)
    shelf.history.write_bytes(_as_json(history))
    shelf.page.write_text(entries.page(history), encoding="utf-8")


def _as_json(history: Sequence[Release]) -> bytes:
    listed = [each.as_json() for each in history]
    return orjson.dumps(listed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
