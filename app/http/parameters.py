"""Path, query and header parameters: read strictly, typed, and checked by the authored schemas.

Strictly means: each at most once, none that the operation lacks, and numbers as JSON writes them, where
Python's int() would also take `1_0`, ` 5`, `+5` and digits of other scripts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final
from urllib.parse import parse_qsl

from jsonschema_rs import Draft202012Validator

from app.contract.document import Operation, Parameter
from app.contract.load import SpecError
from app.domain.errors import Detail
from app.http.exchange import Headers
from app.http.schemas import Schemas
from app.http.wording import REQUIRED, UNKNOWN, details

MOST_FIELDS: Final = 100
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
_FLAGS: Final = {"true": True, "false": False}
_TWICE: Final = "is given more than once"
_LISTS: Final = frozenset({b"if-none-match"})
"""Headers whose lines are parts of one list (RFC 9110 section 5.3); any other may come in one line only."""
_SIMPLE: Final = frozenset({"string", "integer", "number", "boolean"})

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Reader:
    """One parameter, ready to be read."""

    name: str
    argument: str
    required: bool
    type: str
    validator: Draft202012Validator

    def read(self, text: str) -> tuple[Any, list[Detail]]:
        """Return the typed value, and what is wrong with it."""
        value = typed(text, self.type)
        if self.validator.is_valid(value):
            return value, []
        return value, details(self.validator.iter_errors(value), root=self.name)


class Parameters:
    """The parameters of one operation."""

    def __init__(self, operation: Operation, schemas: Schemas) -> None:
        readers = [(p.location, _reader(p, schemas)) for p in operation.parameters]
        self._path = {reader.name: reader for place, reader in readers if place == "path"}
        self._unfilled = {name: unfilled(name) for name in self._path}
        self._query = {reader.name: reader for place, reader in readers if place == "query"}
        self._headers = {
            reader.name.lower().encode("ascii"): reader for place, reader in readers if place == "header"
        }
        self._required = [reader for _, reader in readers if reader.required]
        self._defaults = {
            p.argument: p.schema["default"] for p in operation.parameters if "default" in p.schema
        }

    def read(
        self, path_values: Mapping[str, str], query: bytes, headers: Headers
    ) -> tuple[Arguments, list[Detail]]:
        """Return the arguments by the names that handlers take, and what is wrong with them."""
        given, problems = self._query_values(query) if query else ([], [])
        given += [
            (self._path[name], text)
            for name, text in path_values.items()
            if name in self._path and text != self._unfilled[name]
        ]
        if self._headers and any(name in self._headers for name, _ in headers):
            given += self._header_values(headers)
        arguments, seen = dict(self._defaults), set()
        for reader, text in given:
            if reader.argument in seen:
                problems.append(Detail(reader.name, _TWICE))
            else:
                arguments[reader.argument], wrong = reader.read(text)
                problems += wrong
            seen.add(reader.argument)
        problems += [
            Detail(reader.name, REQUIRED) for reader in self._required if reader.argument not in seen
        ]
        return arguments, problems

    def _query_values(self, query: bytes) -> tuple[list[tuple[_Reader, str]], list[Detail]]:
        try:
            pairs = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
            )
        except ValueError:
            return [], [Detail("query", f"must be percent-encoded UTF-8 with at most {MOST_FIELDS} fields")]
        known = [(self._query[name], text) for name, text in pairs if name in self._query]
        unknown = dict.fromkeys(name for name, _ in pairs if name not in self._query)
        return known, [Detail(name, UNKNOWN) for name in unknown]

    def _header_values(self, headers: Headers) -> Iterator[tuple[_Reader, str]]:
        for name, reader in self._headers.items():
            lines = [value.decode("latin-1") for given, value in headers if given == name]
            if lines and name in _LISTS:
                lines = [", ".join(line for line in lines if line.strip())]  # RFC 9110 section 5.6.1.2
            yield from ((reader, text) for text in lines)


def unfilled(name: str) -> str:
    """Return what stands in a path for a value that nobody gave: its place in the path's template."""
    return f"{{{name}}}"


def typed(text: str, kind: str) -> Any:
    """Return the value that a text writes, or the text itself if it writes none of that type."""
    if kind == "integer" and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "number" and _NUMBER.fullmatch(text):
        number = float(text)
        return number if isfinite(number) else text
    if kind == "boolean":
        return _FLAGS.get(text, text)
    return text


def _reader(parameter: Parameter, schemas: Schemas) -> _Reader:
    kind = parameter.schema.get("type")
    if kind not in _SIMPLE:
        raise SpecError(f"The parameter {parameter.name} is of type {kind}, which is not read from a request")
    validator = schemas.validator(parameter.schema_pointer)
    return _Reader(parameter.name, parameter.argument, parameter.required, kind, validator)
