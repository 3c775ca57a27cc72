"""Writes the nouns of both clients: one module each, with one method for each operation."""

from collections.abc import Mapping
from typing import Final

from app.contract.document import Operation
from generate.kinds import Kinds
from generate.methods import Mode, method
from generate.operations import constant
from generate.reading import Book
from generate.shapes import actions_of, answer_of, readings_of

PRELUDE: Final = """
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, overload

from parkgraph.answers import Answer
from parkgraph.calls import Reading, call, optional
from parkgraph.model import UNCHANGED, Unchanged
from parkgraph.pages import AsyncPages, CsvPart, Pages
from parkgraph.readings import csv, inside, nothing, of_action, whole
from parkgraph.resource import AsyncResource, AsyncSender, Resource, Sender
"""


def resources(book: Book, mode: Mode) -> Mapping[str, str]:
    """Return the text of each module of nouns, by its name."""
    written = {noun: _noun(book, noun, listed, mode) for noun, listed in book.operations.items()}
    return {**written, "__init__": _index(book, mode)}


def class_of(noun: str, mode: Mode) -> str:
    """Return the class of a noun: `agent_access` is AgentAccessResource."""
    return mode.prefix + "".join(word.capitalize() for word in noun.split("_")) + "Resource"


def _noun(book: Book, noun: str, listed: list[Operation], mode: Mode) -> str:
    kinds = Kinds(book, sent=True)
    methods = "\n".join(method(book, kinds, each, mode) for each in listed)
    readings = _readings(book, listed)
    imports = f"from parkgraph.models import {', '.join(sorted(kinds.needed))}\n" if kinds.needed else ""
    imports += f"from parkgraph.operations import {', '.join(sorted(map(constant, listed)))}\n"
    doc = about(book, noun)
    return (
        f'"""{doc}"""\n{PRELUDE}{imports}{readings}\n\n'
        f'class {class_of(noun, mode)}({mode.prefix}Resource):\n    """{doc}"""\n\n{methods}'
    )


def about(book: Book, noun: str) -> str:
    """Return what the contract says of a noun."""
    tags: list[dict[str, str]] = book.contract.document["tags"]
    [described] = [tag["description"] for tag in tags if tag["name"] == noun]
    return " ".join(described.split())


def _readings(book: Book, listed: list[Operation]) -> str:
    """Write how the answer of each action of a dispatcher is read."""
    return "".join(
        f"\n{readings_of(each)}: Final[Mapping[str, Reading[{answer_of(book, each).kind}]]] = "
        f"{{{_entries(book, each)},}}\n"
        for each in listed
        if each.dispatches
    )


def _entries(book: Book, operation: Operation) -> str:
    actions = actions_of(book, operation)
    return ", ".join(f'"{action}": {given.read}' for action, (_, given) in actions.items())


def _index(book: Book, mode: Mode) -> str:
    package = "async_resources" if mode.prefix else "resources"
    nouns = list(book.operations)
    imports = "".join(f"from parkgraph.{package}.{noun} import {class_of(noun, mode)}\n" for noun in nouns)
    attributes = "".join(f"        self.{noun} = {class_of(noun, mode)}(send)\n" for noun in nouns)
    waiting = ", for programs that wait for several things at once" if mode.prefix else ""
    doc = f"The operations by noun{waiting}."
    return (
        f'"""{doc}"""\n\n{imports}from parkgraph.resource import {mode.prefix}Sender\n\n\n'
        f'class {mode.prefix}Resources:\n    """{doc}"""\n\n'
        f"    def __init__(self, send: {mode.prefix}Sender) -> None:\n{attributes}"
    )
