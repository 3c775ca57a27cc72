"""Bounds of numbers, texts, lists and objects."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, Final, NamedTuple

from app.contract.changes.change import Change, Place
from app.contract.changes.comparison import Changes, Comparison, Rule, quoted
from app.contract.load import Json


class _Bound(NamedTuple):
    """How far values go; of two bounds of a kind, the greater reaches further."""

    reach: Fraction
    includes: bool
    text: str

    @property
    def extent(self) -> tuple[Fraction, bool]:
        return self.reach, self.includes


Find = Callable[[Json], _Bound | None]
"""Finds a bound in a schema; None if it has none."""


def _upper(inclusive: str, exclusive: str, schema: Json) -> _Bound | None:
    found = []
    if inclusive in schema:
        found.append(_Bound(_exact(schema[inclusive]), includes=True, text=f"at most {schema[inclusive]}"))
    if exclusive in schema:
        found.append(_Bound(_exact(schema[exclusive]), includes=False, text=f"below {schema[exclusive]}"))
    return min(found, key=lambda bound: bound.extent, default=None)


def _lower(inclusive: str, exclusive: str, schema: Json) -> _Bound | None:
    """Find a lower bound, turned around so that the greater reaches further here, too."""
    found = []
    if inclusive in schema:
        found.append(_Bound(-_exact(schema[inclusive]), includes=True, text=f"at least {schema[inclusive]}"))
    if exclusive in schema:
        found.append(_Bound(-_exact(schema[exclusive]), includes=False, text=f"above {schema[exclusive]}"))
    return min(found, key=lambda bound: bound.extent, default=None)


def _fewest(name: str, schema: Json) -> _Bound:
    fewest = schema.get(name, 0)
    return _Bound(-_exact(fewest), includes=True, text=f"at least {fewest}")


def _exact(number: Any) -> Fraction:
    return Fraction(str(number))


class _Limit(NamedTuple):
    """One limit of a value: what it limits, and how to find it."""

    name: str
    find: Find


def _limit(limit: _Limit, _: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = limit.find(was), limit.find(now)
    sentence = f"{limit.name} is {_text(after)} instead of {_text(before)}."
    if before is None and after is None:
        return
    if before is not None and after is not None and before.extent == after.extent:
        yield place.docs(f"{limit.name} is written in another way, and is the same.")
    elif after is None or (before is not None and before.extent < after.extent):
        yield place.widened(sentence)
    else:
        yield place.narrowed(sentence)


def _text(bound: _Bound | None) -> str:
    return bound.text if bound else "unbounded"


def _multiple(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("multipleOf"), now.get("multipleOf")
    sentence = f"It is a multiple of {after or 'nothing'} instead of {before or 'nothing'}."
    if before is None or (after is not None and _exact(after) % _exact(before) == 0):
        yield place.narrowed(sentence)
    elif after is None or _exact(before) % _exact(after) == 0:
        yield place.widened(sentence)
    else:
        yield place.breaking(sentence)


def _form(name: str, _: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare what nobody can tell the wider of: two patterns, two formats."""
    yield _narrower(name, was.get(name), now.get(name), place)


def _narrower(name: str, before: Any, after: Any, place: Place) -> Change:
    if before is None:
        return place.narrowed(f"Its `{name}` is {quoted(after)}; it had none.")
    if after is None:
        return place.widened(f"It has no `{name}`; it was {quoted(before)}.")
    return place.breaking(f"Its `{name}` is {quoted(after)} instead of {quoted(before)}.")


def _unique(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("uniqueItems", False), now.get("uniqueItems", False)
    if before == after:
        yield place.docs("That items may repeat is written in another way.")
    elif after:
        yield place.narrowed("No item is there twice.")
    else:
        yield place.widened("An item may be there twice.")


def _rule(name: str, find: Find) -> Rule:
    return partial(_limit, _Limit(name, find))


_GREATEST: Final = _rule("The greatest value", partial(_upper, "maximum", "exclusiveMaximum"))
_LEAST: Final = _rule("The least value", partial(_lower, "minimum", "exclusiveMinimum"))
_COUNTED: Final = {
    "Length": "The length",
    "Items": "The number of items",
    "Properties": "The number of names",
}

RULES: Final[dict[str, Rule]] = {
    "maximum": _GREATEST,
    "exclusiveMaximum": _GREATEST,
    "minimum": _LEAST,
    "exclusiveMinimum": _LEAST,
    **{f"max{what}": _rule(name, partial(_upper, f"max{what}", "")) for what, name in _COUNTED.items()},
    **{f"min{what}": _rule(name, partial(_fewest, f"min{what}")) for what, name in _COUNTED.items()},
    "multipleOf": _multiple,
    "uniqueItems": _unique,
    **{name: partial(_form, name) for name in ("pattern", "format", "contentMediaType", "contentEncoding")},
}
"""The rule for each keyword that bounds a value."""
