"""Writes the table of operations."""

from typing import Final

from app.contract.document import Operation
from app.contract.naming import snake_case
from generate.reading import IDEMPOTENCY_HEADER, OK, Book

JSON: Final = "application/json"


def constant(operation: Operation) -> str:
    """Return the name under which the table has an operation."""
    return snake_case(operation.id).upper()


def takes_key(operation: Operation) -> bool:
    """Tell whether an operation takes an idempotency key."""
    return any(parameter.name == IDEMPOTENCY_HEADER for parameter in operation.parameters)


def operations(book: Book) -> str:
    """Return the text of the module."""
    listed = list(book.contract.operations.values())
    table = "".join(f"        {constant(each)},\n" for each in listed)
    return (
        '"""The operations of the contract: where each is, and whether it may be repeated under a key."""\n\n'
        "from collections.abc import Mapping\nfrom typing import Final\n\n"
        "from parkgraph.calls import Operation\n\n"
        + "".join(_operation(each) for each in listed)
        + "\nOPERATIONS: Final[Mapping[str, Operation]] = {\n    each.id: each\n    for each in (\n"
        + f'{table}    )\n}}\n"""Every operation, by its operationId."""\n'
    )


def _operation(operation: Operation) -> str:
    facts = [f'id="{operation.id}"', f'method="{operation.method}"', f'path="{operation.path}"']
    [media_type] = {name for status in OK for name in _media_types(operation, status)} or {JSON}
    if media_type != JSON:
        facts.append(f'answers="{media_type}"')
    if takes_key(operation):
        facts.append("takes_key=True")
    return f"{constant(operation)}: Final = Operation({', '.join(facts)})\n"


def _media_types(operation: Operation, status: int) -> tuple[str, ...]:
    response = operation.responses.get(status)
    return () if response is None else response.media_types
