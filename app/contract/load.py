"""Fold the files of spec/ into one document whose references are all local."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

Json = dict[str, Any]

COMPONENT_SECTIONS: Final = frozenset(
    {"schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes", "links"}
)


class SpecError(ValueError):
    """The written contract is not what the server can work from."""


class _JsonTypes(yaml.CSafeLoader):
    """YAML with JSON's types only: 18:30, NO, 012345 and dates stay text, and a key given twice is an error.

    PyYAML's own loaders follow YAML 1.1, where these are a number, false, an octal and a date.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- PyYAML's own form


def _mapping(loader: _JsonTypes, node: yaml.MappingNode) -> Json:
    read: Json = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in read:
            raise SpecError(f"{key.start_mark}: keys are texts, and each is given once")
        read[key.value] = loader.construct_object(value, deep=True)
    return read


_SCALARS: Final = {
    "bool": (r"true|false", "tf"),
    "null": (r"null|~|", ["n", "~", ""]),
    "int": (r"-?(0|[1-9][0-9]*)", "-0123456789"),
    "float": (r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-0123456789"),
}
for _type, (_pattern, _first) in _SCALARS.items():
    _JsonTypes.add_implicit_resolver(
        f"tag:yaml.org,2002:{_type}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )
_JsonTypes.add_constructor("tag:yaml.org,2002:map", _mapping)


def spec_folder(root: Path | None = None) -> Path:
    """Return the folder of the written contract: `root`, or spec/ beside the package `app`."""
    folder = root or Path(__file__).resolve().parents[2] / "spec"
    if not (folder / "openapi.yaml").is_file():
        raise SpecError(f"There is no openapi.yaml in {folder}. Run from a checkout that holds spec/.")
    return folder


def read_yaml(path: Path) -> Json:
    """Read one YAML file with JSON's types only."""
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), _JsonTypes)  # noqa: S506 -- a safe loader of our own
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{path} is not YAML: {error}") from error
    if not isinstance(read, dict):
        raise SpecError(f"{path} does not hold a mapping")
    return read


def load(path: Path) -> Json:
    """Fold the tree under the root file `path`; raise SpecError where a reference leads nowhere."""
    return _Tree(path).fold()


def unescape(pointer: str) -> list[str]:
    """Split a JSON pointer into its parts (RFC 6901 §4)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def escape(part: str) -> str:
    """Write a key as one part of a JSON pointer (RFC 6901 §3)."""
    return part.replace("~", "~0").replace("/", "~1")


Place = tuple[str, str]
"""Where a definition stands: the file's name and the JSON pointer within it."""


class _Tree:
    """The files of one contract, and the names that their definitions take in the folded document."""

    def __init__(self, root: Path) -> None:
        self.folder, self.root = root.parent, root.name
        self.files: dict[str, Json] = {}
        self.names: dict[Place, tuple[str, str]] = {}
        self.components: dict[str, Json] = {}
        self.inlining: list[Place] = []

    def fold(self) -> Json:
        document = self._file(self.root)
        for section, name, place, definition in list(self._listed(document)):
            self.components[section][name] = self._folded(definition, place[0])
        rest = {key: self._folded(value, self.root) for key, value in document.items() if key != "components"}
        return {**rest, "components": self.components}

    def _listed(self, document: Json) -> Iterator[tuple[str, str, Place, Any]]:
        """Name every definition of the table of contents before any is folded, so that its names win."""
        for section, listed in document.get("components", {}).items():
            for name in listed:
                place, definition = self._target(f"#/components/{section}/{name}", self.root)
                self._name(place, section, name)
                yield section, name, place, definition

    def _name(self, place: Place, section: str, name: str) -> None:
        taken = self.components.setdefault(section, {})
        if name in taken or place in self.names:
            raise SpecError(f"{place[0]}#{place[1]}: components/{section}/{name} exists already")
        self.names[place] = section, name
        taken[name] = None

    def _file(self, name: str) -> Json:
        if name not in self.files:
            self.files[name] = read_yaml(self.folder / name)
        return self.files[name]

    def _target(self, reference: str, here: str) -> tuple[Place, Any]:
        """Follow a chain of references to the definition itself."""
        seen: set[Place] = set()
        while True:
            file, _, pointer = reference.partition("#")
            place = (file or here, pointer)
            if place in seen:
                raise SpecError(f"{here}: {reference} refers to itself")
            seen.add(place)
            node = self._at(place, here)
            if not (isinstance(node, dict) and node.keys() == {"$ref"}):
                return place, node
            reference, here = node["$ref"], place[0]

    def _at(self, place: Place, here: str) -> Any:
        node: Any = self._file(place[0])
        for part in unescape(place[1]):
            if not isinstance(node, dict) or part not in node:
                raise SpecError(f"{here}: there is nothing at {place[0]}#{place[1]}")
            node = node[part]
        return node

    def _folded(self, node: Any, here: str) -> Any:
        if isinstance(node, list):
            return [self._folded(value, here) for value in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node, here)
        folded = {key: self._folded(value, here) for key, value in node.items()}
        if isinstance(node.get("propertyName"), str) and isinstance(node.get("mapping"), dict):
            folded["mapping"] = {
                value: self._reference({"$ref": reference}, here)["$ref"]
                for value, reference in node["mapping"].items()
            }
        return folded

    def _reference(self, node: Json, here: str) -> Any:
        place, definition = self._target(node["$ref"], here)
        parts = unescape(place[1])
        is_component = len(parts) > 1 and parts[-2] in COMPONENT_SECTIONS
        if not is_component:
            return self._inlined(place, definition)
        if place not in self.names:
            self._name(place, parts[-2], parts[-1])
            self.components[parts[-2]][parts[-1]] = self._folded(definition, place[0])
        section, name = self.names[place]
        return {**node, "$ref": f"#/components/{section}/{escape(name)}"}

    def _inlined(self, place: Place, definition: Any) -> Any:
        if place in self.inlining:
            raise SpecError(f"{place[0]}#{place[1]} contains itself")
        self.inlining.append(place)
        folded = self._folded(definition, place[0])
        self.inlining.pop()
        return folded
