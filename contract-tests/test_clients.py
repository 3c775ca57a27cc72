"""Clients that others generate from the contract: they are written, they compile, they park a car."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.contract.document import Contract
from gate import evening, generators, node
from gate.figures import Figures
from gate.generators import PLAIN, Generated
from gate.servers import ROOT, Server

DRIVERS = ROOT / "contract-tests" / "drivers"
DISPATCHERS = ("dispatchAction", "dispatchPlatformAction")
_BOUND_SECONDS = 120
_done: dict[str, set[str]] = {"compiled": set(), "drove": set()}


@pytest.fixture(scope="module")
def generated(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Generate the clients of openapi-generator."""
    return generators.by_openapi_generator(contract, tmp_path_factory.mktemp("generated"))


@pytest.fixture(scope="module")
def plain(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the client of openapi-python-client."""
    return generators.by_openapi_python_client(contract, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def facts(contract: Contract) -> dict[str, Any]:
    """Write down what a driver has to know of the evening, and the bodies of every action in the examples."""
    bodies = {
        f"{name} {example['value']['action']} {title}": example["value"]
        for name in DISPATCHERS
        for title, example in _examples(contract, name).items()
    }
    return {
        "search": evening.VAIL,
        "lot": evening.LOT,
        "plate": evening.PLATE,
        "seconds": evening.FOUR_HOURS_AND_A_BIT,
        "bodies": bodies,
    }


def _examples(contract: Contract, operation_id: str) -> Mapping[str, Any]:
    body = contract.at(contract.operations[operation_id].pointer)["requestBody"]
    examples: Mapping[str, Any] = body["content"]["application/json"]["examples"]
    return {title: contract.at(each["$ref"]) if "$ref" in each else each for title, each in examples.items()}


def _ran(*command: str, folder: Path, **environment: str) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_BOUND_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-6000:]
    return finished.stdout


def _played(client: str, said: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Judge what a client's driver said of its evening."""
    heard: dict[str, Any] = json.loads(said)
    assert heard["status"] == "completed"
    assert heard["bills"] == [evening.SUBTOTAL, evening.SUBTOTAL]
    assert facts["lot"] in heard["found"]
    _done["drove"].add(client)
    return heard


@pytest.mark.parametrize("target", generators.TARGETS)
def test_a_client_is_written_for_every_tag_and_every_object(
    generated: Generated, contract: Contract, target: str
) -> None:
    written = {_plainly(path.stem) for path in generated.folders[target].rglob("*") if path.is_file()}
    tags = {_plainly(tag["name"]) for tag in contract.document["tags"]}
    schemas = contract.document["components"]["schemas"].items()
    objects = {_plainly(name) for name, schema in schemas if "properties" in schema}
    assert {tag for tag in tags if not written & {f"{tag}api", f"api{tag}"}} == set()
    assert {each for each in objects if not written & {each, f"model{each}"}} == set()


def _plainly(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def test_no_generator_warns_of_anything_that_matters(generated: Generated, plain: Path) -> None:
    assert (plain / "client.py").exists()
    assert generated.warnings == []


def test_a_warning_that_matters_is_heard(tmp_path: Path) -> None:
    nameless = {"get": {"responses": {"204": {"description": "An operation without an id."}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Nameless", "version": "1"}, "paths": {"/x": nameless}}
    warned = generators.batch(document, tmp_path, targets=["php"]).warnings
    assert "Empty operationId found for path: get /x" in " ".join(warned)


def test_the_python_client_compiles_and_parks_a_car(
    generated: Generated, facts: dict[str, Any], server: Server, tmp_path: Path
) -> None:
    folder = generated.folders["python"]
    assert compileall.compile_dir(folder, quiet=1)
    _done["compiled"].add("openapi-generator python")
    said = _driven_in_python("openapi_generator", folder, facts, server.url, tmp_path)
    heard = _played("openapi-generator python", said, facts)
    for name, body in facts["bodies"].items():
        kind, written = heard["read"][name]
        assert kind == body["action"].title().replace("_", "") + "Action"
        assert written["action"] == body["action"]
        assert written["parameters"].items() >= body["parameters"].items()  # it writes defaults as well


def test_the_other_python_client_has_sound_types_and_parks_a_car(
    plain: Path, facts: dict[str, Any], server: Server, tmp_path: Path
) -> None:
    driver = DRIVERS / "openapi_python_client.py"
    cache = f"--cache-dir={tmp_path / 'mypy'}"
    mypy = ("mypy", "--config-file=", cache, "--package", PLAIN)
    assert "Success" in _ran(sys.executable, "-m", *mypy, folder=plain.parent)
    _done["compiled"].add("openapi-python-client")
    said = _driven_in_python(driver.stem, plain.parent, facts, server.url, tmp_path)
    _played("openapi-python-client", said, facts)


def _driven_in_python(driver: str, packages: Path, facts: dict[str, Any], url: str, folder: Path) -> str:
    path = folder / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    command = (sys.executable, "-W", "error", str(DRIVERS / f"{driver}.py"), url, str(path))
    return _ran(*command, folder=folder, PYTHONPATH=str(packages))


def test_the_typescript_client_compiles_and_parks_a_car(
    generated: Generated, facts: dict[str, Any], server: Server
) -> None:
    folder = generated.folders["typescript-fetch"]
    for name in ("typescript_fetch.ts", "tsconfig.json"):
        shutil.copy(DRIVERS / name, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    _ran(*node.command("tsc", "--project", str(folder)), folder=folder)
    _done["compiled"].add("openapi-generator typescript-fetch")
    driver = str(folder / "built" / "typescript_fetch.js")
    said = _ran(str(node.NODE), driver, server.url, json.dumps(facts), folder=folder)
    heard = _played("openapi-generator typescript-fetch", said, facts)
    assert heard["read"] == facts["bodies"]


def test_every_client_was_tried(figures: Figures) -> None:
    compiled, drove = len(_done["compiled"]), len(_done["drove"])
    written = len(generators.TARGETS) + 1
    figures.say(
        "generated clients", f"{written} generated, {compiled} compiled, {drove} played the evening in Vail"
    )
    assert (compiled, drove) == (3, 3)
