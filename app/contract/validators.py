"""Validators of the document's schemas, against one registry of the whole of it."""

from collections.abc import Callable
from functools import cache
from typing import Final
from urllib.parse import quote

from jsonschema_rs import Draft202012, Draft202012Validator, Registry

from app.contract.document import Contract

_DOCUMENT_URI: Final = "https://parkgraph.com/openapi.json"

Validators = Callable[[str], Draft202012Validator]


def of(contract: Contract) -> Validators:
    """Return what compiles the schema at a pointer of the document, each once."""
    registry = Registry([(_DOCUMENT_URI, contract.document)], draft=Draft202012)

    @cache
    def at(pointer: str) -> Draft202012Validator:
        reference = f"{_DOCUMENT_URI}{quote(pointer, safe='#/~')}"  # a path's braces are none of a URI's
        return Draft202012Validator({"$ref": reference}, registry=registry, validate_formats=True)

    return at
