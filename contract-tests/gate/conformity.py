"""Does an answer keep the contract's word? Judged from the document alone, not by the server's own code."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import jsonschema_rs

from app.contract.document import Contract, Operation, Response

_ROOT = "urn:contract"


class Judge:
    """Judge answers of the contract's operations."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([(_ROOT, self.contract.document)])

    def validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of the schema at a pointer (`#/components/…`) of the document."""
        if pointer not in self._validators:
            self._validators[pointer] = jsonschema_rs.Draft202012Validator(
                {"$ref": _ROOT + pointer}, registry=self._registry, validate_formats=True
            )
        return self._validators[pointer]

    def faults(
        self, operation: Operation, *, status: int, headers: Mapping[str, str], body: bytes
    ) -> list[str]:
        """Return every way in which an answer breaks the contract; `headers` by lower-case name."""
        response = operation.responses.get(status)
        if response is None:
            return [f"{operation.id} answered {status}, which the contract does not know"]
        missing = [name for name in response.required_headers if name.lower() not in headers]
        faults = [f"{operation.id} {status} lacks the header {name}" for name in missing]
        if response.schema_pointer is None:
            return faults + [f"{operation.id} {status} has a body"] * bool(body)
        media_type = headers.get("content-type", "").partition(";")[0]
        if media_type not in response.media_types:
            return [*faults, f"{operation.id} {status} came as {media_type!r}"]
        return faults + [f"{operation.id} {status}: {fault}" for fault in self._of_body(response, body)]

    def _of_body(self, response: Response, body: bytes) -> Iterator[str]:
        is_text = response.media_types[0].startswith("text/")
        try:
            value = body.decode() if is_text else json.loads(body)
        except ValueError:
            yield "the body is not UTF-8" if is_text else "the body is not JSON"
            return
        for error in self.validator(response.schema_pointer).iter_errors(value):
            yield f"{'/'.join(map(str, error.instance_path))}: {error.message}"


class Router:
    """Tell which operation a method and a path belong to."""

    def __init__(self, contract: Contract) -> None:
        literal_first = sorted(contract.operations.values(), key=lambda operation: "{" in operation.path)
        self._routes = [(operation, _pattern(operation.path)) for operation in literal_first]

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation and its path parameters, or None."""
        for operation, pattern in self._routes:
            found = pattern.fullmatch(path)
            if found and operation.method == method:
                return operation, found.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    fixed = (re.escape(piece) for piece in pieces[::2])
    named = (f"(?P<{name}>[^/]+)" for name in pieces[1::2])
    return re.compile("".join(part for pair in zip(fixed, [*named, ""], strict=True) for part in pair))
