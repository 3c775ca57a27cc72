"""What an operation gives back, and how that is read."""

from dataclasses import dataclass
from typing import Final

from app.contract.document import Operation
from app.contract.naming import snake_case
from generate.reading import OK, Book, name_of

CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class Given:
    """The answer of an operation: its Python type, and the expression that reads it."""

    kind: str
    read: str
    models: tuple[str, ...] = ()
    entries: tuple[str, str] | None = None
    """Of a list that comes page by page: the type of its entries, and the property that has them."""


def answer_of(book: Book, operation: Operation) -> Given:
    """Return what an operation gives back."""
    response = next(each for status, each in operation.responses.items() if status in OK)
    if response.schema_pointer is None:
        return Given("Answer", "nothing")
    if response.media_types == (CSV,):
        return Given("CsvPart", "csv", entries=("dict[str, str]", "rows"))
    name = response.schema_pointer.rpartition("/")[2]
    if "oneOf" in book.schema(name):
        return _dispatched(book, operation)
    return _whole(book, name) if _is_whole(book, name) else _inside(book, name)


def actions_of(book: Book, operation: Operation) -> dict[str, tuple[str, Given]]:
    """Return the model of each action of a dispatcher, and what its operation gives back."""
    assert operation.body_schema_pointer is not None
    mapping = book.contract.at(operation.body_schema_pointer)["discriminator"]["mapping"]
    return {
        action: (pointer.rpartition("/")[2], answer_of(book, book.contract.actions[action]))
        for action, pointer in mapping.items()
    }


def readings_of(operation: Operation) -> str:
    """Return the constant that has how the answer of each action is read."""
    return f"_{snake_case(operation.id).upper()}_READINGS"


def _dispatched(book: Book, operation: Operation) -> Given:
    actions = actions_of(book, operation).values()
    models = {model: None for _, given in actions for model in given.models}
    kinds = {given.kind: None for _, given in actions}
    return Given(" | ".join(kinds), f"of_action({readings_of(operation)}, action)", tuple(models))


def _is_whole(book: Book, name: str) -> bool:
    """Tell whether an answer is more than an envelope of one model."""
    nodes = list(book.schema(name)["properties"].values())
    inner = name_of(nodes[0])
    return len(nodes) > 1 or inner is None or not book.is_model(inner)


def _inside(book: Book, name: str) -> Given:
    [(key, node)] = book.schema(name)["properties"].items()
    inner = name_of(node)
    assert inner is not None
    return Given(inner, f'inside("{key}", {inner})', (inner,))


def _whole(book: Book, name: str) -> Given:
    properties = book.schema(name)["properties"]
    if "next_cursor" not in properties:
        return Given(name, f"whole({name})", (name,))
    key = "data" if "data" in properties else "features"
    entry = name_of(properties[key]["items"])
    assert entry is not None
    return Given(name, f"whole({name})", (name, entry), (entry, key))
