"""Alternatives: variants of a oneOf or anyOf, and the discriminator that picks one."""

from typing import Any, Final

from app.contract.changes.change import Change, Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, equal, pairs, quoted
from app.contract.changes.shapes import Compare
from app.contract.load import Json
from app.contract.operations import at
from app.contract.schemas import mapped


def compare(comparison: Comparison, was: Json, now: Json, place: Place, *, compare: Compare) -> Changes:
    """Compare the variants of two schemas by the names that tell them apart."""
    for keyword in ("oneOf", "anyOf"):
        if (keyword in was) != (keyword in now):
            yield place.breaking(f"It {'is' if keyword in now else 'is not'} one of several variants.")
        elif keyword in now:
            yield from _variants(comparison, (was, now), keyword, place, compare=compare)
    yield from _discriminators(comparison, was, now, place, compare=compare)


def _variants(
    comparison: Comparison, schemas: tuple[Json, Json], keyword: str, place: Place, *, compare: Compare
) -> Changes:
    was, now = schemas
    before = _tagged(comparison.released, was, keyword)
    after = _tagged(comparison.current, now, keyword)
    for tag, one, other in pairs(before, after):
        variant = place.variant(tag)
        if one is ABSENT:
            told_apart = keyword == "anyOf" or "discriminator" in now or place.side == "response"
            yield _new(variant, told_apart=told_apart)
        elif other is ABSENT:
            yield variant.narrowed("The variant is gone.")
        else:
            yield from compare(comparison, one, other, variant)
    if before.keys() == after.keys() and list(before) != list(after):
        yield place.docs("Its variants stand in another order.")


def _new(variant: Place, *, told_apart: bool) -> Change:
    if told_apart:
        return variant.additive("The variant is new.")
    return variant.breaking("The variant is new, and what was valid before may be valid under two now.")


def _tagged(document: Json, schema: Json, keyword: str) -> dict[str, Any]:
    """Name the variants of a schema: by the discriminator, by their definitions, or by what they are."""
    mapping = mapped(schema.get("discriminator", {}))
    names = {reference: value for value, reference in mapping.items()}
    tagged: dict[str, Any] = {}
    for variant in schema[keyword]:
        tag = _tag(document, variant, names)
        while tag in tagged:
            tag += "'"
        tagged[tag] = variant
    return tagged


def _tag(document: Json, variant: Any, names: dict[str, str]) -> str:
    reference = variant.get("$ref") if isinstance(variant, dict) else None
    if isinstance(reference, str):
        return names.get(reference) or _fixed(document, reference) or reference.rpartition("/")[2]
    return str(variant.get("title") or variant.get("type")) if isinstance(variant, dict) else quoted(variant)


def _fixed(document: Json, reference: str) -> str:
    """Write the properties that a variant fixes to one value, which survive its renaming."""
    try:
        properties = at(document, reference).get("properties", {})
    except (LookupError, TypeError, ValueError, AttributeError):
        return ""
    fixed = {
        name: schema.get("enum", [schema.get("const")])
        for name, schema in properties.items()
        if len(schema.get("enum", ())) == 1 or "const" in schema
    }
    return " ".join(f"{name}={values[0]}" for name, values in fixed.items())


def _discriminators(
    comparison: Comparison, was: Json, now: Json, place: Place, *, compare: Compare
) -> Changes:
    before, after = was.get("discriminator"), now.get("discriminator")
    if before is None or after is None:
        if before is not None:
            yield place.breaking("No property tells its variants apart.")
        if after is not None:
            yield place.additive(f"{quoted(after.get('propertyName'))} tells its variants apart.")
        return
    yield from comparison.nodes(_RULES, before, after, place)
    listed = {variant.get("$ref") for variant in _alternatives(was) if isinstance(variant, dict)}
    for value, one, other in pairs(mapped(before), mapped(after)):
        if one is ABSENT or other is ABSENT or (one == other and one in listed):
            continue  # which is told by the mapping, or by the variants
        yield from compare(comparison, {"$ref": one}, {"$ref": other}, place.variant(value))


def _alternatives(schema: Json) -> list[Any]:
    return [variant for keyword in ("oneOf", "anyOf") for variant in schema.get(keyword, [])]


def _property_name(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    name, former = now.get("propertyName"), was.get("propertyName")
    yield place.breaking(f"{quoted(name)} instead of {quoted(former)} tells its variants apart.")


def _mapping(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    for value, one, other in pairs(was.get("mapping", {}), now.get("mapping", {})):
        if one is ABSENT:
            yield place.additive(f"{quoted(value)} names a variant.")
        elif other is ABSENT:
            yield place.narrowed(f"{quoted(value)} names no variant.")
        elif not equal(one, other):
            yield place.docs(f"{quoted(value)} names {quoted(other)} instead of {quoted(one)}.")


_RULES: Final[dict[str, Rule]] = {"propertyName": _property_name, "mapping": _mapping}
