"""parkgraph contract changes, as people run it in this checkout."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.contract.document import Contract

Write = Callable[[Callable[[dict[str, Any]], Any]], Path]


@pytest.fixture
def former(tmp_path: Path) -> Write:
    """Write a released document that differs from the contract."""

    def write(spoil: Callable[[dict[str, Any]], Any]) -> Path:
        document = deepcopy(Contract.read().document)
        spoil(document)
        path = tmp_path / "released.json"
        path.write_text(json.dumps(document))
        return path

    return write


def told(*words: str) -> Result:
    return CliRunner().invoke(main, ["contract", "changes", *words])


def test_the_same_contract_has_not_changed(former: Write) -> None:
    shown = told("--released", str(former(lambda document: document)))
    assert (shown.exit_code, shown.output) == (0, "0 breaking, 0 additive, 0 docs since 1.4.0.\n")


def test_changes_are_shown_by_weight_and_the_version_is_demanded(former: Write) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["ErrorCode"]["enum"].remove("NOT_FOUND")
        document["paths"]["/api/v1/lots/search"]["get"]["summary"] = "Look for lots"

    shown = told("--released", str(former(spoil)))
    lines = shown.output.splitlines()
    assert shown.exit_code == 1
    assert lines[0] == "Additive"
    assert lines[1].startswith("  response  ErrorCode (")
    assert lines[1].endswith(" more operations): The value `NOT_FOUND` is new.")
    assert lines[2:] == [
        "Docs",
        "  neither   searchLots: Its `summary` says something else.",
        "0 breaking, 1 additive, 1 docs since 1.4.0, which demands at least 1.5.0.",
        "Error: 0 breaking, 1 additive, 1 docs since 1.4.0 demand at least version 1.5.0; "
        "info.version is 1.4.0.",
    ]


def test_a_version_that_the_changes_allow_is_accepted(former: Write) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["info"]["version"] = "1.3.0"
        del document["paths"]["/api/v1/lots/search"]

    shown = told("--released", str(former(spoil)))
    assert (shown.exit_code, shown.output.splitlines()[1]) == (
        0,
        "  neither   searchLots: The operation GET /api/v1/lots/search is new.",
    )


def test_a_version_that_went_back_is_told(former: Write) -> None:
    shown = told("--released", str(former(lambda document: document["info"].update(version="1.5.0"))))
    assert shown.exit_code == 1
    assert shown.output.endswith("Error: info.version went back from 1.5.0 to 1.4.0.\n")


def test_what_is_no_document_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "released.json").write_text("no")
    shown = told("--released", str(tmp_path / "released.json"))
    assert shown.exit_code == 1
    assert "released.json is not JSON" in shown.output
    assert len(shown.output.splitlines()) == 1
