"""The TypeScript package is what its files say: made from the contract, typed, and no more than it needs."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.contract.document import Contract
from tests.sdk_typescript.conftest import NPM, README, ROOT, SOURCE, Package
from tests.test_documents import section, text
from tests.test_readme import blocks

WRITTEN = sorted({*SOURCE.glob("src/*.ts"), *SOURCE.glob("tests/*.ts")} - {SOURCE / "src" / "contract.ts"})


def facts(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SOURCE / name).read_text(encoding="utf-8"))
    return read


def test_the_types_are_those_of_the_contract(package: Package) -> None:
    generated = package.folder / "src" / "contract.ts"
    generated.unlink()
    package.npm("run", "generate")
    assert generated.read_bytes() == (SOURCE / "src" / "contract.ts").read_bytes()


def test_the_version_is_the_contracts() -> None:
    version = Contract.read().document["info"]["version"]
    assert facts("package.json")["version"] == facts("package-lock.json")["version"] == version


@pytest.fixture(scope="module")
def built(package: Package) -> Package:
    package.npm("run", "build")
    return package


UNEXPECTED = "tests/unexpected.types.ts"
"""The types that the compiler has to refuse, without a word that they are expected to be refused."""


@pytest.fixture(scope="module")
def complaints(package: Package) -> str:
    """Let the compiler read at once the package, its tests, the README's code and what it has to refuse."""
    written = (SOURCE / "tests" / "contract.types.ts").read_text(encoding="utf-8")
    copy = package.folder / UNEXPECTED
    copy.write_text(written.replace("@ts-expect-error", ""), encoding="utf-8")
    package.write_readme(copy.parent)
    said = package.attempt("node", str(NPM), "run", "--silent", "check").stdout
    for written_here in (copy, copy.with_name("tour.ts"), copy.with_name("receiver.ts")):
        written_here.unlink()
    return said


def test_the_compiler_takes_what_the_contract_allows(built: Package, complaints: str) -> None:
    others = [line for line in complaints.splitlines() if not line.startswith((f"{UNEXPECTED}(", " "))]
    assert others == []


def test_every_refusal_that_is_expected_is_one_of_types(built: Package, complaints: str) -> None:
    found = re.findall(rf"^{re.escape(UNEXPECTED)}\((\d+),\d+\): error TS(\d+)", complaints, re.MULTILINE)
    written = (SOURCE / "tests" / "contract.types.ts").read_text(encoding="utf-8").splitlines()
    expected = [number + 1 for number, line in enumerate(written, start=1) if "@ts-expect-error" in line]
    assert sorted({int(line) for line, _ in found}) == expected
    # not assignable, no such property, arguments missing, unknown property, possibly undefined, no overlap
    assert {code for _, code in found} <= {"2322", "2345", "2339", "2353", "2554", "2741", "18048", "2367"}


PROJECTS = {"Node16": "Node16", "NodeNext": "NodeNext", "Bundler": "ESNext"}
"""The kind of module that goes with each way to find one."""

STRICT: dict[str, Any] = {"strict": True, "types": ["node"]}


@pytest.fixture(scope="module")
def projects(built: Package) -> str:
    """Let the compiler read projects that are strict and no more, all at once, and return what it says."""
    for resolution, module in PROJECTS.items():
        _write_project(built, built.folder.parent / resolution, module=module)
    return built.attempt("tsc", "--build", *(f"../{name}" for name in PROJECTS)).stdout


def _write_project(built: Package, folder: Path, *, module: str) -> None:
    installed = folder / "node_modules"
    installed.mkdir(parents=True)
    (installed / "parkgraph").symlink_to(built.folder)
    (installed / "@types").symlink_to(built.folder / "node_modules" / "@types")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    shutil.copy(SOURCE / "tests" / "consumer.types.ts", folder)
    built.write_readme(folder)
    options = {**STRICT, "noEmit": True, "target": "ES2022"}
    options["skipDefaultLibCheck"] = True  # the compiler's own files; the package's are looked at
    found = {"module": module, "moduleResolution": folder.name}
    settings = {"compilerOptions": {**options, **found}, "include": ["*.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")


def test_projects_that_are_strict_and_no_more_compile_with_it(projects: str) -> None:
    assert projects == ""


def test_the_readme_says_by_which_options_such_a_project_compiles() -> None:
    [line] = [block for block in blocks(text(README), "sh") if "park.ts" in block]
    said = re.findall(r"--(\w+) (\w*)", line.partition(" && ")[0].replace("--strict", "--strict true"))
    strict, [types] = STRICT.values()
    assert dict(said) == {
        "strict": json.dumps(strict),
        "types": types,
        "module": PROJECTS["NodeNext"].lower(),
    }


def test_what_would_be_published_is_the_build_with_its_papers(built: Package) -> None:
    [packed] = json.loads(built.npm("pack", "--dry-run", "--json"))
    modules = [path.stem for path in SOURCE.glob("src/*.ts")]
    built = {f"dist/{name}{suffix}" for name in modules for suffix in (".js", ".d.ts")}
    assert len(modules) > 5
    assert {file["path"] for file in packed["files"]} == {"LICENSE", "README.md", "package.json", *built}


def test_the_licence_is_that_of_the_project() -> None:
    assert (SOURCE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert facts("package.json")["license"] == "Apache-2.0"


def test_every_npm_package_has_one_version_a_digest_and_no_address() -> None:
    packages = facts("package-lock.json")["packages"]
    own = packages.pop("")
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each) for each in own["devDependencies"].values())
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_every_npm_package_says_why_it_and_not_its_rival() -> None:
    declared = facts("package.json")
    reasons = section("DECISIONS.md", "## Dependencies")
    names = {*declared["dependencies"], *declared["devDependencies"]}
    assert len(names) > 3
    assert [name for name in names if f"**{name}** (npm" not in reasons] == []


def test_the_client_needs_nothing_of_node() -> None:
    sources = [path for path in WRITTEN if path.parent.name == "src"]
    assert len(sources) > 5
    assert [path.name for path in sources if "node:" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_files_stay_short_and_lines_too(path: Any) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 150
    assert max(map(len, lines)) <= 120
    assert lines[0].startswith("/** ")
