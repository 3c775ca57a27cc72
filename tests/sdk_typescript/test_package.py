"""The TypeScript package is what its files say: made from the contract, typed, and no more than it needs."""

import json
import re
import shutil
from typing import Any

import pytest

from app.contract.document import Contract
from tests.sdk_typescript.conftest import ROOT, SOURCE, Package
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


def test_the_compiler_takes_what_the_contract_allows_and_nothing_else(package: Package) -> None:
    package.npm("run", "check")


@pytest.mark.parametrize(
    ("module", "resolution"), [("Node16", "Node16"), ("NodeNext", "NodeNext"), ("ESNext", "Bundler")]
)
def test_a_project_that_is_strict_and_no_more_compiles_with_it(
    package: Package, module: str, resolution: str
) -> None:
    project = package.folder.parent / resolution
    installed = project / "node_modules"
    installed.mkdir(parents=True)
    (installed / "parkgraph").symlink_to(package.folder)
    (installed / "@types").symlink_to(package.folder / "node_modules" / "@types")
    (project / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    shutil.copy(SOURCE / "tests" / "consumer.types.ts", project)
    readme = text("sdk/typescript/README.md").partition("## Webhooks")
    for name, part in (("tour.ts", readme[0]), ("receiver.ts", readme[2])):
        (project / name).write_text("".join(blocks(part, "ts")), encoding="utf-8")
    names = ("tour.ts", "receiver.ts", "consumer.types.ts")
    options = ("--strict", "--noEmit", "--target", "ES2022", "--module", module)
    found = ("--moduleResolution", resolution, "--types", "node")
    done = package.attempt(
        "tsc",
        *options,
        *found,
        "--typeRoots",
        str(installed / "@types"),
        *(str(project / name) for name in names),
    )
    assert done.stdout + done.stderr == ""


def test_every_refusal_that_is_expected_is_one_of_types(package: Package) -> None:
    copy = package.folder / "tests" / "unexpected.types.ts"
    written = (SOURCE / "tests" / "contract.types.ts").read_text(encoding="utf-8")
    copy.write_text(written.replace("@ts-expect-error", ""), encoding="utf-8")
    complaints = package.attempt("tsc", "--noEmit").stdout
    copy.unlink()
    found = re.findall(r"^tests/unexpected\.types\.ts\((\d+),\d+\): error TS(\d+)", complaints, re.MULTILINE)
    expected = [
        number + 1 for number, line in enumerate(written.splitlines(), start=1) if "@ts-expect-error" in line
    ]
    assert sorted({int(line) for line, _ in found}) == expected
    # not assignable, no such property, arguments missing, unknown property, possibly undefined, no overlap
    assert {code for _, code in found} <= {"2322", "2345", "2339", "2353", "2554", "2741", "18048", "2367"}


def test_what_would_be_published_is_the_build_with_its_papers(package: Package) -> None:
    [packed] = json.loads(package.npm("pack", "--dry-run", "--json"))
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
