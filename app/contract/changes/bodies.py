"""What travels: media types with their schemas and examples, on either side."""

from typing import Final

from app.contract.changes import schemas
from app.contract.changes.change import Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, pairs, told
from app.contract.load import Json


def content(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the media types of a request or an answer."""
    before, after = was.get("content", {}), now.get("content", {})
    alone = len(before) == len(after) == 1
    for media_type, one, other in pairs(before, after):
        if one is ABSENT:
            yield place.additive(f"The media type {media_type} is new.")
        elif other is ABSENT:
            yield place.breaking(f"The media type {media_type} is gone.")
        else:
            at = place if alone else place.within(media_type)
            yield from comparison.nodes(_MEDIA_TYPE, one, other, at)


def schema(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the schemas of two parameters, headers or media types."""
    yield from schemas.compare(comparison, was.get("schema", ABSENT), now.get("schema", ABSENT), place)


def _examples(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    for name, one, other in pairs(was.get("examples", {}), now.get("examples", {})):
        if one is ABSENT:
            yield place.docs(f"The example {name} is new.")
        elif other is ABSENT:
            yield place.docs(f"The example {name} is gone.")
        elif not comparison.same(one, other):
            yield place.docs(f"The example {name} is another.")


def requirement(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Tell that something has to be there, or need not."""
    before, after = was.get("required", False), now.get("required", False)
    if before == after:
        yield place.docs("That it may be left out is written in another way.")
        return
    yield place.narrowed("It is always there.") if after else place.widened("It may be left out.")


_MEDIA_TYPE: Final[dict[str, Rule]] = {"schema": schema, "examples": _examples, "example": told("example")}
