"""The sandbox says what it is."""

import ast
import logging
import sys
from pathlib import Path

import pytest

import stripe_sandbox
from stripe_sandbox import Sandbox


def test_it_warns_on_construction_that_no_money_moves(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Sandbox(path).close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "NO MONEY MOVES" in caplog.text
    assert str(path) in caplog.text


def test_it_imports_nothing_of_ours() -> None:
    files = list(Path(stripe_sandbox.__file__).parent.glob("*.py"))
    assert len(files) > 20
    roots = {root for file in files for root in imported(file)}
    assert roots - sys.stdlib_module_names == {"stripe", "stripe_sandbox", "requests", "typing_extensions"}


def imported(file: Path) -> set[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.partition(".")[0] for name in names}
