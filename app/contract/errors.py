"""The catalogue of error codes: which HTTP status each has, what it means, what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from app.contract.load import Json, read_yaml, spec_folder


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One code of the catalogue."""

    code: str
    status: int
    meaning: str
    action: str


def parse(errors: Json) -> Mapping[str, ErrorEntry]:
    """Read the catalogue as it stands under `errors` in spec/catalogue.yaml."""
    return MappingProxyType({code: ErrorEntry(code, **entry) for code, entry in errors.items()})


@cache
def catalogue() -> Mapping[str, ErrorEntry]:
    """Return the catalogue of this checkout."""
    return parse(read_yaml(spec_folder() / "catalogue.yaml")["errors"])


def status_of(code: str) -> int:
    """Return the HTTP status of an error code; raise KeyError for a code that is not in the catalogue."""
    return catalogue()[code].status
