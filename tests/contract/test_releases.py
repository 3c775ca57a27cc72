"""The version that changes demand, their entries, and what a release writes."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.contract import published
from app.contract.changes import releases, versions
from app.contract.changes.change import Impact, Place
from app.contract.changes.entries import PREFACE, grouped
from app.contract.changes.releases import ReleaseError, Shelf, since
from app.contract.document import Contract

Plant = Callable[[dict[str, Any]], Any]

AT = Place("createStay")
BROKEN, MORE, SAID = AT.breaking("It is gone."), AT.additive("It is new."), AT.docs("It is another.")


@pytest.mark.parametrize(
    ("changes", "current", "objection"),
    [
        ([], "1.4.0", None),
        ([SAID], "1.4.1", None),
        ([SAID], "1.5.0", None),
        ([MORE, SAID], "1.5.0", None),
        ([MORE], "2.0.0", None),
        ([BROKEN, MORE], "2.0.0", None),
        ([], "1.4.1", "info.version is 1.4.1, and nothing changed since 1.4.0."),
        ([], "1.3.9", "info.version went back from 1.4.0 to 1.3.9."),
        ([MORE], "1.3.9", "info.version went back from 1.4.0 to 1.3.9."),
        ([SAID], "1.4.0", "demand at least version 1.4.1; info.version is 1.4.0."),
        ([MORE], "1.4.9", "demand at least version 1.5.0; info.version is 1.4.9."),
        ([MORE, SAID, BROKEN], "1.10.0", "demand at least version 2.0.0; info.version is 1.10.0."),
        ([MORE], "1.5", "info.version '1.5' is no version like 1.4.0."),
        ([MORE], "1.05.0", "info.version '1.05.0' is no version like 1.4.0."),
    ],
)
def test_the_version_follows_from_the_changes(changes: Any, current: str, objection: str | None) -> None:
    said = versions.objection(grouped(changes), released="1.4.0", current=current)
    assert said is objection if objection is None else (said or "").endswith(objection)


def test_entries_are_counted_by_what_they_weigh() -> None:
    assert versions.tally(grouped([SAID, MORE, SAID])) == "0 breaking, 1 additive, 1 docs"


def test_one_change_of_a_shared_definition_is_one_entry() -> None:
    changes = [
        Place(name)
        .on("response", "200")
        .property("code")
        .defined_as("Code")
        .additive("The value `X` is new.")
        for name in ("createStay", "getStay", "listStays", "endStay")
    ]
    [entry] = grouped(changes)
    assert entry.line == "Code (createStay, getStay and 2 more operations): The value `X` is new."
    assert grouped(changes[:1])[0].line == "createStay: 200: code: The value `X` is new."


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Give a checkout in which 1.4.0 is dated, and nothing was released."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n## [1.4.0] - 2026-12-01\n")
    return Shelf(tmp_path)


def changed(contract: Contract, version: str, plant: Plant = lambda it: it["paths"].popitem()) -> Contract:
    document = deepcopy(contract.document)
    plant(document)
    document["info"]["version"] = version
    return Contract.of(document, manifest=contract.manifest, skill=contract.skill)


def dated(shelf: Shelf, version: str, day: str) -> None:
    changelog = shelf.root / "CHANGELOG.md"
    changelog.write_text(f"# Changelog\n\n## [{version}] - {day}\n\n{changelog.read_text()}")


def test_the_first_release_has_nothing_to_be_compared_with(contract: Contract, shelf: Shelf) -> None:
    made = releases.release(contract, shelf=shelf)
    assert (made.version, made.released_on, made.entries) == ("1.4.0", "2026-12-01", ())
    assert json.loads(shelf.document.read_bytes()) == contract.document
    assert "## 1.4.0 - 2026-12-01\n\nThe first released contract.\n" in shelf.page.read_text()
    found = since(contract, shelf=shelf)
    assert (found.entries, found.objection, releases.stale(found, shelf=shelf)) == ((), None, [])


def draft(shelf: Shelf, document: Contract) -> None:
    """Put on the shelf what stands there before the first release: its document, and no history."""
    shelf.document.parent.mkdir(parents=True)
    shelf.document.write_bytes(published.forms(document)["openapi.json"].body)
    shelf.history.write_bytes(b"[]\n")
    shelf.page.write_text(PREFACE, encoding="utf-8")


def test_the_first_release_is_made_as_the_documents_say(contract: Contract, shelf: Shelf) -> None:
    version = contract.document["info"]["version"]
    written = (Shelf.here().root / "CHANGELOG.md").read_text(encoding="utf-8")
    draft(shelf, contract)
    heading = f"## [Unreleased]\n\n## [{version}] - 2026-11-29\n"
    changelog = written.replace("## [Unreleased]\n", heading, 1)
    (shelf.root / "CHANGELOG.md").write_text(changelog, encoding="utf-8")

    made = releases.release(contract, shelf=shelf)
    assert (made.version, made.since, made.released_on) == (version, None, "2026-11-29")
    assert [each["version"] for each in json.loads(shelf.history.read_bytes())] == [version]
    assert f"## {version} - 2026-11-29\n\nThe first released contract.\n" in shelf.page.read_text()
    found = since(contract, shelf=shelf)
    assert (found.entries, found.objection, releases.stale(found, shelf=shelf)) == ((), None, [])
    with pytest.raises(ReleaseError, match="nothing to release"):
        releases.release(contract, shelf=shelf)


def test_a_draft_of_the_first_release_binds_nobody(contract: Contract, shelf: Shelf) -> None:
    draft(shelf, changed(contract, "1.4.0"))
    made = releases.release(contract, shelf=shelf)
    assert (made.since, made.entries) == (None, ())
    assert json.loads(shelf.document.read_bytes()) == contract.document


def test_a_draft_is_written_anew_and_demands_no_version(contract: Contract, shelf: Shelf) -> None:
    draft(shelf, changed(contract, "1.4.0"))
    found = since(contract, shelf=shelf)
    assert found.tally == "0 breaking, 1 additive, 0 docs since the draft of 1.4.0"
    assert (found.objection or "").startswith("1.4.0 is not released yet, and its draft is not up to date")
    releases.write(contract, shelf=shelf)
    assert json.loads(shelf.document.read_bytes()) == contract.document
    assert (shelf.history.read_bytes(), shelf.page.read_text()) == (b"[]\n", PREFACE)
    found = since(contract, shelf=shelf)
    assert (found.objection, releases.stale(found, shelf=shelf)) == (None, [])


def test_a_draft_of_another_version_is_not_up_to_date(contract: Contract, shelf: Shelf) -> None:
    draft(shelf, changed(contract, "1.3.0", lambda document: document))
    found = since(contract, shelf=shelf)
    assert (found.entries, found.objection is None) == ((), False)


def test_a_document_that_was_lost_is_written_again_in_its_place(contract: Contract, shelf: Shelf) -> None:
    releases.release(contract, shelf=shelf)
    shelf.document.unlink()
    releases.release(contract, shelf=shelf)
    assert [each["version"] for each in json.loads(shelf.history.read_bytes())] == ["1.4.0"]


def test_the_released_document_is_the_published_form_byte_for_byte(contract: Contract, shelf: Shelf) -> None:
    releases.release(contract, shelf=shelf)
    first = shelf.document.read_bytes()
    shelf.document.unlink()
    releases.release(Contract.read(), shelf=shelf)
    assert shelf.document.read_bytes() == first
    assert b'"url": "https://parkgraph.com"' in first


def test_a_release_dates_its_entries_and_keeps_those_before_it(contract: Contract, shelf: Shelf) -> None:
    releases.release(contract, shelf=shelf)
    next_one = changed(contract, "2.0.0")
    found = since(next_one, shelf=shelf)
    assert releases.stale(found, shelf=shelf) == [shelf.history, shelf.page]
    releases.write(next_one, shelf=shelf)
    assert releases.stale(found, shelf=shelf) == []
    assert "## 2.0.0 - not released yet\n\n### Breaking\n\n- " in shelf.page.read_text()

    dated(shelf, "2.0.0", "2026-12-24")
    releases.release(next_one, shelf=shelf)
    history = json.loads(shelf.history.read_bytes())
    assert [(each["version"], each["released_on"], each["since"]) for each in history] == [
        ("2.0.0", "2026-12-24", "1.4.0"),
        ("1.4.0", "2026-12-01", None),
    ]
    assert history[0]["entries"][0]["impact"] == Impact.BREAKING
    assert releases.stale(since(next_one, shelf=shelf), shelf=shelf) == []


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("1.5.0", "demand at least version 2.0.0; info.version is 1.5.0."),
        ("2.0.0", "CHANGELOG.md has no heading for 2.0.0 with a date: ## [2.0.0] - YYYY-MM-DD"),
    ],
)
def test_a_release_that_breaks_a_rule_is_refused_and_writes_nothing(
    contract: Contract, shelf: Shelf, version: str, says: str
) -> None:
    releases.release(contract, shelf=shelf)
    before = {path: path.read_bytes() for path in (shelf.document, shelf.history, shelf.page)}
    with pytest.raises(ReleaseError, match=re.escape(says)):
        releases.release(changed(contract, version), shelf=shelf)
    assert {path: path.read_bytes() for path in before} == before


def test_entries_of_a_version_that_is_not_the_demanded_one_are_not_written(
    contract: Contract, shelf: Shelf
) -> None:
    releases.release(contract, shelf=shelf)
    before = {path: path.read_bytes() for path in (shelf.document, shelf.history, shelf.page)}
    with pytest.raises(ReleaseError, match=r"demand at least version 2\.0\.0"):
        releases.write(changed(contract, "1.4.0"), shelf=shelf)
    assert {path: path.read_bytes() for path in before} == before


def leaving(document: dict[str, Any]) -> None:
    document["paths"]["/api/v1/lots/search"]["get"] |= {
        "deprecated": True,
        "x-deprecated-at": "2026-11-01T00:00:00Z",
        "x-sunset": "2027-05-30T00:00:00Z",
    }


def test_a_sunset_gives_notice_from_the_day_of_its_release(contract: Contract, shelf: Shelf) -> None:
    releases.release(contract, shelf=shelf)
    next_one = changed(contract, "1.5.0", leaving)
    assert since(next_one, shelf=shelf).objection is None  # as long as it may be released on the same day
    dated(shelf, "1.5.0", "2026-12-02")
    with pytest.raises(ReleaseError, match=r"1 breaking, .* demand at least version 2\.0\.0"):
        releases.release(next_one, shelf=shelf)


def test_a_sunset_that_the_last_release_outlasts_needs_no_heading_to_be_refused(
    contract: Contract, shelf: Shelf
) -> None:
    (shelf.root / "CHANGELOG.md").write_text("# Changelog\n\n## [1.4.0] - 2026-12-03\n")
    releases.release(contract, shelf=shelf)
    found = since(changed(contract, "1.5.0", leaving), shelf=shelf)
    assert (found.objection or "").endswith("demand at least version 2.0.0; info.version is 1.5.0.")


def test_nothing_is_released_twice(contract: Contract, shelf: Shelf) -> None:
    releases.release(contract, shelf=shelf)
    with pytest.raises(ReleaseError, match="nothing to release"):
        releases.release(contract, shelf=shelf)


@pytest.mark.parametrize(
    ("content", "says"), [(None, "There is no released contract"), (b"{", "is not JSON")]
)
def test_what_cannot_be_compared_with_is_said(
    contract: Contract, tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "openapi.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReleaseError, match=says):
        since(contract, shelf=Shelf(tmp_path), released=path)
