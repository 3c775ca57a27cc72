"""The style of deprecation: nobody is surprised, and everybody knows where to go instead."""

import re
from collections.abc import Iterator
from typing import Final

from app.contract.document import Contract, Operation
from app.contract.findings import Finding
from app.contract.operations import FIRST_REFUSAL
from app.contract.retirement import DEPRECATED_AT, NOTICE, SUNSET, Retirement

HEADERS: Final = ("Deprecation", "Sunset", "Link")


def check(contract: Contract) -> Iterator[Finding]:
    """Give every breach of the rules for operations that leave."""
    for operation in contract.operations.values():
        retirement = operation.retirement
        breaches = (
            _staying(contract, operation) if retirement is None else _leaving(contract, operation, retirement)
        )
        yield from (Finding("retirement", operation.id, message) for message in breaches)


def _staying(contract: Contract, operation: Operation) -> Iterator[str]:
    node = contract.at(operation.pointer)
    for key in (DEPRECATED_AT, SUNSET):
        if key in node:
            yield f"says its {key}, and is not deprecated"


def _leaving(contract: Contract, operation: Operation, retirement: Retirement) -> Iterator[str]:
    yield from _dates(retirement)
    if not (retirement.explained_at or "").startswith("https://"):
        yield "is deprecated, and its externalDocs name no https address that explains it"
    if not _successors(contract, operation):
        yield "is deprecated, and its description names no operation that replaces it"
    for status, response in operation.responses.items():
        missing = [name for name in HEADERS if name not in response.required_headers]
        if status < FIRST_REFUSAL and missing:
            yield f"is deprecated, and does not require {', '.join(missing)} in its {status}"


def _dates(retirement: Retirement) -> Iterator[str]:
    since, until = retirement.deprecated_at, retirement.sunset_at
    if since is None:
        yield f"is deprecated, and has no {DEPRECATED_AT}"
    if until is None:
        yield f"is deprecated, and has no {SUNSET}"
    if since is not None and until is not None and until - since < NOTICE:
        yield f"ends sooner than {NOTICE.days} days after its deprecation"


def _successors(contract: Contract, operation: Operation) -> set[str]:
    """Return the operations that a description names and that stay."""
    words = set(re.findall(r"\w+", contract.at(operation.pointer).get("description", "")))
    return {name for name in words & contract.operations.keys() if not contract.operations[name].retirement}
