"""Writes the method of one operation, for the client that waits and for the one that does not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from app.contract.document import Operation
from app.contract.naming import snake_case
from generate.kinds import Kinds, may_be_null
from generate.layout import docstring, entry
from generate.operations import constant, takes_key
from generate.reading import BY_ITS_BYTES, IDEMPOTENCY_HEADER, IDEMPOTENCY_PROPERTY, Book, Json
from generate.shapes import Given, actions_of, answer_of

Place = Literal["path", "query", "header", "body", "content", "media type", "action"]

KEY_DOC: Final = "Your own name for this write, which repeats it safely for 7 days. Left out, one is made."
PAGED_DOCS: Final[Mapping[str, str]] = {
    "limit": "How many entries a page has at most. Iterating reads on, page after page.",
    "cursor": "Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs none.",
}
"""What is said of these where a list is read over all its pages; the contract speaks of one page."""
SUBJECTS: Final[frozenset[Place]] = frozenset({"path", "content", "action"})
"""What an operation is about, which reads well without its name."""
KEY_TYPE: Final = "str | None"
UPDATE: Final = "PATCH"
"""Leaves as it is what is left out; None is then no word for that, as it looks like taking a value away."""
ABSENT: Final = {"UNCHANGED": "Unchanged", "None": "None"}
"""The type of each default."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a method, and where in the request it goes."""

    name: str
    kind: str
    doc: str
    place: Place
    sent_as: str
    default: str | None = None
    """As it is written; None where the argument has to be given."""


@dataclass(frozen=True, slots=True)
class Mode:
    """What differs between the clients."""

    prefix: str
    """Before the names of classes."""
    define: str
    wait: str


WAITING: Final = Mode("", "def", "")
ASYNC: Final = Mode("Async", "async def", "await ")


def method(book: Book, kinds: Kinds, operation: Operation, mode: Mode) -> str:
    """Return the text of an operation's method."""
    arguments = list(_arguments(book, kinds, operation))
    given = answer_of(book, operation)
    kinds.needed.update(given.models)
    overloads = _overloads(book, kinds, operation, mode) if operation.dispatches else ""
    if given.entries is None:
        define, kind = mode.define, given.kind
        send = f"return {mode.wait}self._send({_call(operation, arguments, given)})"
    else:
        entry_kind, key = given.entries
        define, pages = "def", f"{mode.prefix}Pages"
        kind = f"{pages}[{given.kind}, {entry_kind}]"
        send = (
            f"asked = {_call(operation, arguments, given)}\n"
            f"        return {pages}(self._send, asked, entries=lambda page: page.{key})"
        )
    signature = _signature(snake_case(operation.id), arguments, operation)
    doc = _doc(book, operation, arguments, given)
    return f"{overloads}    {define} {signature} -> {kind}:\n{doc}        {send}\n"


def _signature(name: str, arguments: list[Argument], operation: Operation) -> str:
    """Write name and arguments: the first may be given by position where it is one that has to be given."""
    needed = sorted(arguments, key=lambda each: (each.default is not None, each.place not in SUBJECTS))
    first = needed[:1] if needed and needed[0].place in SUBJECTS else []
    others = [_parameter(each) for each in needed[len(first) :]]
    if takes_key(operation):
        others.append(f"{IDEMPOTENCY_PROPERTY}: {KEY_TYPE} = None")
    star = ["*"] if others else []
    return f"{name}({', '.join(['self', *map(_parameter, first), *star, *others])})"


def _parameter(argument: Argument) -> str:
    return f"{argument.name}: {argument.kind}" + (f" = {argument.default}" if argument.default else "")


def _arguments(book: Book, kinds: Kinds, operation: Operation) -> Iterator[Argument]:
    node = book.node(operation)
    for written in node.get("parameters", []):
        parameter = book.follow(written)
        if parameter["name"] != IDEMPOTENCY_HEADER:
            yield _from_parameter(book, kinds, parameter)
    yield from _from_body(book, kinds, operation)


def _from_parameter(book: Book, kinds: Kinds, parameter: Json) -> Argument:
    name: str = parameter["name"]
    python = name.lower().replace("-", "_")
    kind = kinds.of(parameter["schema"], called=python)
    required = parameter.get("required", False)
    return Argument(
        python,
        kind if required else f"{kind} | None",
        book.description(parameter),
        parameter["in"],
        name,
        None if required else "None",
    )


def _from_body(book: Book, kinds: Kinds, operation: Operation) -> Iterator[Argument]:
    if not operation.body_media_types:
        return
    if operation.id in BY_ITS_BYTES:
        yield Argument("content", "str | bytes", "The body, byte by byte as it came.", "content", "")
        return
    if operation.dispatches:
        names = [model for model, _ in actions_of(book, operation).values()]
        kinds.needed.update(names)
        yield Argument("action", " | ".join(names), "What to do.", "action", "")
        return
    if operation.body_schema_pointer is None:
        words = ", ".join(f'"{name}"' for name in operation.body_media_types)
        yield Argument("content", "str | bytes", "The file.", "content", "")
        yield Argument("content_type", f"Literal[{words}]", "What kind of file it is.", "media type", "")
        return
    schema = book.contract.at(operation.body_schema_pointer)
    for key, node in schema["properties"].items():
        if key != IDEMPOTENCY_PROPERTY:
            absent = "UNCHANGED" if operation.method == UPDATE else "None"
            required = key in schema.get("required", ())
            yield _from_property(book, kinds, key, node, default=None if required else absent)


def _from_property(book: Book, kinds: Kinds, key: str, node: Json, *, default: str | None) -> Argument:
    kind, doc = kinds.of(node, called=key), book.description(node)
    if may_be_null(book.follow(node)):
        return Argument(key, f"{kind} | Unchanged | None", doc, "body", key, "UNCHANGED")
    if default is not None:
        kind = f"{kind} | {ABSENT[default]}"
    return Argument(key, kind, doc, "body", key, default)


def _call(operation: Operation, arguments: list[Argument], given: Given) -> str:
    parts = [constant(operation), given.read]
    for place, keyword in (("path", "path"), ("query", "query"), ("header", "headers")):
        if some := [each for each in arguments if each.place == place]:
            entries = ", ".join(f'"{each.sent_as}": {each.name}' for each in some)
            parts.append(f"{keyword}={{{entries}}}")
    parts += _body(operation, arguments)
    if takes_key(operation):
        parts.append(f"{IDEMPOTENCY_PROPERTY}={IDEMPOTENCY_PROPERTY}")
    return f"call({', '.join(parts)})"


def _body(operation: Operation, arguments: list[Argument]) -> list[str]:
    places = {each.place for each in arguments}
    if "action" in places:
        return ["body=action.to_json()"]
    if "content" in places:
        media_type = "content_type" if "media type" in places else '"application/json"'
        return [f"content=(content, {media_type})"]
    if operation.body_schema_pointer is None:
        return []
    body = [each for each in arguments if each.place == "body"]
    always = [f'"{each.sent_as}": {each.name}' for each in body if each.default != "None"]
    if some := [f"{each.sent_as}={each.name}" for each in body if each.default == "None"]:
        if not always:
            return [f"body=optional({', '.join(some)})"]
        always.append(f"**optional({', '.join(some)})")
    return [f"body={{{', '.join(always)}}}"]


def _doc(book: Book, operation: Operation, arguments: list[Argument], given: Given) -> str:
    node = book.node(operation)
    paragraphs = [f"{node['summary']}.", book.description(node)]
    docs = {} if given.entries is None else PAGED_DOCS
    listed = [entry(each.name, docs.get(each.name, each.doc), indent=12) for each in arguments]
    if takes_key(operation):
        listed.append(entry(IDEMPOTENCY_PROPERTY, KEY_DOC, indent=12))
    if listed:
        paragraphs.append(" " * 8 + "Args:\n" + "\n".join(listed))
    return docstring(paragraphs, indent=8)


def _overloads(book: Book, kinds: Kinds, operation: Operation, mode: Mode) -> str:
    """Write which action gives back what."""
    written = []
    for name, given in actions_of(book, operation).values():
        others = [each for each in _arguments(book, kinds, operation) if each.place != "action"]
        action = Argument("action", name, "", "action", "")
        signature = _signature(snake_case(operation.id), [*others, action], operation)
        written.append(f"    @overload\n    {mode.define} {signature} -> {given.kind}: ...\n\n")
    return "".join(written)
