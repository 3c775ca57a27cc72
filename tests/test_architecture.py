"""The house rules that no linter knows: sizes, names, imports, docstrings, and what a column may be."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import DateTime, Double, Float, Numeric

from app.models import Base

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("app", "handlers", "stripe_sandbox", "sdk/parkgraph", "sdk/generate")
OPERATIONS_OF_THE_LIBRARY = ("sdk/parkgraph/resources", "sdk/parkgraph/async_resources")
"""Where a method takes, one a line, what its operation takes, however much that is."""
EVERYTHING = (*PRODUCT, "tests", "contract-tests", "bench")

FORBIDDEN_NAME = re.compile(r"^(utils?|helpers?|misc|managers?|base_\w+)$")
EXPLAINED = re.compile(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[a-z-, ]+\])\s+(--|#)\s+\S")
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b|raise NotImplementedError(\(\))?$")
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.])/(home|root|Users)/\w")
SECRET = re.compile(r"\b(pk_live_[A-Za-z0-9]{32}|[sr]k_live_[A-Za-z0-9]{20,}|whsec_[A-Za-z0-9+/=]{40,})\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(path for path in files if "versions" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path, node: ast.AST | None = None) -> str:
    """Write where something stands, as an editor understands it."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def functions(*folders: str) -> Iterator[tuple[Path, Function]]:
    for path in python_files(*folders):
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                yield path, node


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def length(function: Function) -> int:
    """Count a function's lines, without its decorators and its docstring."""
    first, last = function.lineno, function.end_lineno or function.lineno
    doc = function.body[0] if ast.get_docstring(function) else None
    return last - first + 1 - ((doc.end_lineno or doc.lineno) - doc.lineno + 1 if doc else 0)


def body_length(function: Function) -> int:
    """Count the lines of a function's body, without its docstring."""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def p90(sizes: list[int]) -> float:
    return statistics.quantiles(sizes, n=10)[-1] if len(sizes) > 1 else sizes[0]


def versioned_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [ROOT / path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_every_import_stands_at_the_top() -> None:
    inside = [
        name(path, node)
        for path, function in functions(*EVERYTHING)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_functions_stay_short() -> None:
    of_operations = set(python_files(*OPERATIONS_OF_THE_LIBRARY))
    sizes = {
        name(path, function): length(function)
        for path, function in functions(*PRODUCT)
        if path not in of_operations
    }
    assert {where: size for where, size in sizes.items() if size > 50} == {}
    assert p90(list(sizes.values())) <= 25


def test_methods_of_operations_do_one_thing() -> None:
    listed = list(functions(*OPERATIONS_OF_THE_LIBRARY))
    sizes = {name(path, function): body_length(function) for path, function in listed}
    assert {where: size for where, size in sizes.items() if size > 35} == {}
    assert statistics.median(sizes.values()) <= 10
    statements = {
        name(path, function): len(function.body) - 1
        for path, function in listed
        if not is_overload(function) and function.name != "__init__"
    }
    assert {where: number for where, number in statements.items() if number > 2} == {}


def is_overload(function: Function) -> bool:
    """Tell whether a definition only says what another one takes and gives back."""
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in function.decorator_list)


def test_handlers_stay_thin() -> None:
    sizes = {
        f"{name(path, node)} {node.name}": body_length(node)
        for path in python_files("handlers")
        for node in tree(path).body
        if isinstance(node, Function) and not node.name.startswith("_")
    }
    assert {where: size for where, size in sizes.items() if size > 20} == {}
    assert statistics.median(sizes.values()) <= 8


def test_files_stay_short() -> None:
    sizes = {name(path): lines_of(path) for path in python_files(*PRODUCT)}
    assert {where: size for where, size in sizes.items() if size > 400} == {}
    assert p90(list(sizes.values())) <= 250


def test_conftests_stay_short() -> None:
    sizes = {name(path): lines_of(path) for path in python_files("tests", "contract-tests")}
    assert {where: size for where, size in sizes.items() if "conftest" in where and size > 120} == {}


def test_the_written_contract_stays_in_small_files() -> None:
    allowed = {"openapi.yaml": 800, "common.yaml": 800}
    sizes = {path.name: lines_of(path) for path in (ROOT / "spec").iterdir()}
    assert sizes
    assert {file: size for file, size in sizes.items() if size > allowed.get(file, 600)} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    nameless = [
        name(path)
        for path in python_files(*EVERYTHING)
        if any(FORBIDDEN_NAME.match(part.removesuffix(".py")) for part in path.relative_to(ROOT).parts)
    ]
    assert nameless == []


def public_definitions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Give the definitions that another module may use: top-level ones, and the methods of classes."""
    for node in tree(path).body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from (
                method
                for method in node.body
                if isinstance(method, Function)
                and not method.name.startswith("_")
                and not is_overload(method)
            )


def test_every_module_and_every_public_name_says_what_it_is_for() -> None:
    silent = [
        name(path) for path in python_files(*PRODUCT) if tree(path).body and not ast.get_docstring(tree(path))
    ]
    silent += [
        f"{name(path, node)} {node.name}"
        for path in python_files(*PRODUCT)
        for node in public_definitions(path)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_functions_take_few_arguments_by_position() -> None:
    crowded = [
        f"{name(path, function)} {function.name}"
        for path, function in functions(*PRODUCT)
        if len([*function.args.posonlyargs, *function.args.args]) > 5
    ]
    assert crowded == []


def test_every_silenced_check_says_why() -> None:
    silenced = re.compile(r"#\s*(noqa|type:\s*ignore)")
    unexplained = [
        f"{name(path)[:-2]}:{number}"
        for path in python_files(*EVERYTHING)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if silenced.search(line) and not EXPLAINED.search(line)
    ]
    assert unexplained == []


def test_nothing_is_left_unfinished() -> None:
    unfinished = [
        f"{name(path)[:-2]}:{number}"
        for path in python_files(*EVERYTHING)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert unfinished == []


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_no_column_keeps_local_time_or_inexact_money(table) -> None:
    def loose(kind: object) -> bool:
        inexact = isinstance(kind, Numeric | Float) and not isinstance(kind, Double)
        return isinstance(kind, DateTime) or inexact

    assert [column.name for column in table.columns if loose(column.type)] == []


def test_every_module_of_the_server_has_its_place_in_the_flow() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    layers = re.findall(r"app\.\w+", config["importlinter:contract:one-way"]["layers"])
    inside = {path.stem for path in (ROOT / "app").iterdir() if path.suffix == ".py" or path.is_dir()}
    modules = {f"app.{module}" for module in inside if not module.startswith("__")}
    assert modules - set(layers) == set()


def test_locks_pin_every_file_by_hash_and_name_no_registry() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "requirements-dev.lock"):
        text = lock.read_text(encoding="utf-8")
        entries = re.findall(r"^[a-z0-9][^\n]*==.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        assert len(entries) > 30
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        assert "://" not in text
        assert "-index" not in text


def test_what_tests_need_contains_what_the_server_needs() -> None:
    def pinned(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert pinned("requirements.lock") - pinned("requirements-dev.lock") == set()


def test_the_repository_holds_no_secret_and_no_path_of_somebodys_machine() -> None:
    found = [
        name(path)
        for path in versioned_files()
        if path.suffix not in {".lock", ".png", ".ico"} and path != Path(__file__)
        for text in [path.read_text(encoding="utf-8", errors="replace")]
        if SECRET.search(text) or HOME_OF_SOMEBODY.search(text)
    ]
    assert found == []
