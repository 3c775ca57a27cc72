"""A small contract, and ways to change one thing of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from app.contract.load import read_yaml

Document = dict[str, Any]
Plant = Callable[[Document], Any]
Find = Callable[[Document], Document]

SMALL = read_yaml(Path(__file__).parent / "reference" / "small.yaml")


def create(document: Document) -> Document:
    return document["paths"]["/stays"]["post"]


def show(document: Document) -> Document:
    return document["paths"]["/stays/{stay_id}"]["get"]


def run(document: Document) -> Document:
    return document["paths"]["/actions"]["post"]


def list_(document: Document) -> Document:
    return document["paths"]["/stays"]["get"]


def action(document: Document) -> Document:
    return create(document)["x-agent-action"]


def body(document: Document) -> Document:
    return create(document)["requestBody"]


def made(document: Document) -> Document:
    return create(document)["responses"]["201"]


def refused(document: Document) -> Document:
    return document["components"]["responses"]["Refused"]


def budgets(document: Document) -> Document:
    return document["info"]["x-park-graph"]["budgets"]


def errors(document: Document) -> Document:
    return document["info"]["x-park-graph"]["errors"]


def schemas(document: Document) -> Document:
    return document["components"]["schemas"]


def named(name: str) -> Find:
    """Find a schema, or a property of one: `Stay.status`."""
    schema, _, inner = name.partition(".")

    def find(document: Document) -> Document:
        found = schemas(document)[schema]
        return found["properties"][inner] if inner else found

    return find


def put(find: Find, **values: Any) -> Plant:
    """Set keys of what is found; `__` stands for a hyphen."""
    return lambda document: find(document).update(
        {key.replace("__", "-"): value for key, value in values.items()}
    )


def pop(find: Find, *keys: str) -> Plant:
    """Take keys away from what is found."""

    def plant(document: Document) -> None:
        for key in keys:
            del find(document)[key]

    return plant


def of(name: str, **values: Any) -> Plant:
    """Set keywords of a schema or a property."""
    return put(named(name), **values)


def more(name: str, **properties: Any) -> Plant:
    """Add properties to a schema."""
    return lambda document: named(name)(document)["properties"].update(properties)


def all_of(*plants: Plant) -> Plant:
    """Plant several things at once."""

    def plant(document: Document) -> None:
        for each in plants:
            each(document)

    return plant


def parameter(**values: Any) -> Plant:
    """Change the query parameter `dry`."""
    return lambda document: create(document)["parameters"][0].update(values)


def header(**values: Any) -> Plant:
    """Change the header Location of the answer to createStay."""
    return lambda document: made(document)["headers"]["Location"].update(values)


def another_query(*, required: bool) -> Plant:
    added = {"name": "lang", "in": "query", "required": required, "schema": {"type": "string"}}
    return lambda document: create(document)["parameters"].append(added)


def elsewhere(document: Document) -> None:
    document["paths"]["/visits"] = document["paths"].pop("/stays")


def by_another_method(document: Document) -> None:
    item = document["paths"]["/stays"]
    item["put"] = item.pop("post")


def another_operation(document: Document) -> None:
    document["paths"]["/stays"]["get"] = {**show(document), "operationId": "listStays", "parameters": []}


def another_variant(document: Document) -> None:
    reference = "#/components/schemas/Pay"
    schemas(document)["Pay"] = {"type": "object", "properties": {"action": {"enum": ["pay"]}}}
    schemas(document)["Action"]["oneOf"].append({"$ref": reference})
    schemas(document)["Action"]["discriminator"]["mapping"]["pay"] = reference


def one_variant_less(document: Document) -> None:
    schemas(document)["Action"]["oneOf"].pop()
    del schemas(document)["Action"]["discriminator"]["mapping"]["end"]


def crossed_mapping(document: Document) -> None:
    mapping = schemas(document)["Action"]["discriminator"]["mapping"]
    mapping["find"], mapping["end"] = mapping["end"], mapping["find"]


def another_result(document: Document) -> None:
    schemas(document)["Paid"] = {"type": "object"}
    schemas(document)["Result"]["oneOf"].append({"$ref": "#/components/schemas/Paid"})


def renamed_definition(document: Document) -> None:
    schemas(document)["Entry"] = schemas(document).pop("Line")
    schemas(document)["Entry"]["properties"]["within"] = {"$ref": "#/components/schemas/Entry"}
    named("Stay.lines")(document)["items"] = {"$ref": "#/components/schemas/Entry"}


def bound_beside_a_reference(document: Document) -> None:
    body(document)["content"]["application/json"]["schema"]["maxProperties"] = 3


class Case(NamedTuple):
    """A change, and every line that it makes: what it weighs, whom it meets, and where it is."""

    name: str
    plant: Plant
    lines: tuple[str, ...]


def case(name: str, planted: Plant, *lines: str) -> Case:
    """Write a case down."""
    return Case(name, planted, lines)
