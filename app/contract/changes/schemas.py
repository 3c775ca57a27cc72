"""Schemas: what fewer values are valid for is bad in a request, what more are valid for in an answer."""

from typing import Any, Final

from app.contract.changes import bounds, shapes, variants
from app.contract.changes.change import Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, equal, quoted, told
from app.contract.load import Json

_EVERY_TYPE: Final = ("null", "boolean", "object", "array", "number", "string")


def compare(comparison: Comparison, was: Any, now: Any, place: Place) -> Changes:
    """Compare two schemas; ABSENT and true take anything, false takes nothing."""
    before, after = _written(was), _written(now)
    if before is False or after is False:
        if before is not after:
            yield place.narrowed("Nothing is valid.") if after is False else place.widened("It is valid.")
        return
    yield from comparison.nodes(_RULES, before, after, place)


def _written(schema: Any) -> Any:
    return {} if schema is ABSENT or schema is True else schema


def _types(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = _type_names(was), _type_names(now)
    sentence = f"The type is {_type_text(now)} instead of {_type_text(was)}."
    if before == after:
        yield place.docs(f"The type is written as {_type_text(now)} instead of {_type_text(was)}.")
    elif after < before:
        yield place.narrowed(sentence)
    elif before < after:
        yield place.widened(sentence)
    else:
        yield place.breaking(sentence)


def _type_names(schema: Json) -> frozenset[str]:
    """Return what a schema's types admit; a number is an integer or has a fraction."""
    given = schema.get("type", _EVERY_TYPE)
    names = {given} if isinstance(given, str) else set(given)
    return frozenset(names - {"number"} | ({"integer", "fraction"} if "number" in names else set()))


def _type_text(schema: Json) -> str:
    given = schema.get("type", "any")
    return given if isinstance(given, str) else " or ".join(map(str, given))


def _values(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = _allowed(was), _allowed(now)
    if before is None or after is None:
        one_of = f"one of {', '.join(map(quoted, before or after or ()))}"
        yield place.narrowed(f"It is {one_of}.") if before is None else place.widened(f"It is not {one_of}.")
        return
    gone = [value for value in before if not any(equal(value, kept) for kept in after)]
    new = [value for value in after if not any(equal(value, known) for known in before)]
    tell = place.narrowed if len(gone) < len(before) else place.breaking  # of an answer that is no narrower
    for value in gone:
        yield tell(f"The value {quoted(value)} is gone.")
    for value in new:
        yield place.additive(f"The value {quoted(value)} is new.")
    if not gone and not new:
        yield place.docs("Its values are written in another way.")


def _allowed(schema: Json) -> list[Any] | None:
    """Return the values that a schema names, if it names any."""
    listed: list[Any] | None = schema.get("enum")
    if "const" not in schema:
        return listed
    return [value for value in (schema["const"],) if listed is None or value in listed]


def _default(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    if place.side == "response":
        yield place.docs("Its default is another, which an answer has no use for.")
    elif "default" not in was:
        yield place.additive(f"The default is {quoted(now['default'])}.")
    elif "default" not in now:
        yield place.breaking(f"There is no default; it was {quoted(was['default'])}.")
    else:
        yield place.breaking(f"The default is {quoted(now['default'])} instead of {quoted(was['default'])}.")


def deprecation(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Tell that something is deprecated, or is not any longer."""
    del was
    is_deprecated = now.get("deprecated", False)
    yield place.additive("It is deprecated." if is_deprecated else "It is not deprecated.")


def _properties(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from shapes.compare(comparison, was, now, place, compare=compare)


def _items(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from compare(comparison, was.get("items", ABSENT), now.get("items", ABSENT), place.items())


def _names(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("propertyNames", ABSENT), now.get("propertyNames", ABSENT)
    yield from compare(comparison, before, after, place.variant("names"))


def _every(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("allOf", []), now.get("allOf", [])
    for index, (one, other) in enumerate(zip(before, after, strict=False)):
        yield from compare(comparison, one, other, place.variant(f"allOf {index}"))
    if len(before) < len(after):
        yield place.narrowed("It has to be valid under more schemas.")
    if len(before) > len(after):
        yield place.widened("It has to be valid under fewer schemas.")


def _alternatives(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from variants.compare(comparison, was, now, place, compare=compare)


_RULES: Final[dict[str, Rule]] = {
    **bounds.RULES,
    "type": _types,
    "enum": _values,
    "const": _values,
    "default": _default,
    "deprecated": deprecation,
    "properties": _properties,
    "required": _properties,
    "additionalProperties": _properties,
    "items": _items,
    "propertyNames": _names,
    "allOf": _every,
    "oneOf": _alternatives,
    "anyOf": _alternatives,
    "discriminator": _alternatives,
    **{name: told(name) for name in ("title", "description", "examples", "example", "$comment")},
}
