"""Answers: statuses, headers, bodies and links."""

from functools import partial
from typing import Final

from app.contract.changes import bodies, schemas
from app.contract.changes.change import Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, pairs, told
from app.contract.load import Json
from app.contract.operations import FIRST_REFUSAL


def compare(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare what two operations answer, status by status."""
    for status, before, after in pairs(was.get("responses", {}), now.get("responses", {})):
        at = place.on("response", status)
        if after is ABSENT:
            yield at.breaking("The status is gone.")
        elif before is not ABSENT:
            yield from comparison.nodes(_RESPONSE, before, after, at)
        elif status.isdecimal() and int(status) >= FIRST_REFUSAL:
            yield at.additive("The refusal is new.")
        else:
            yield at.breaking("The status is new, and is no refusal.")


def _headers(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before = {name.lower(): (name, header) for name, header in was.get("headers", {}).items()}
    after = {name.lower(): (name, header) for name, header in now.get("headers", {}).items()}
    for key, one, other in pairs(before, after):
        if one is ABSENT:
            yield place.within(f"header {other[0]}").additive("It is new.")
            continue
        at = place.within(f"header {one[0]}")
        if other is ABSENT:
            yield at.breaking("It is gone.")
        elif one[0] != other[0]:
            yield at.docs(f"Its name is written `{other[0]}`, which is {key}, too.")
        if other is not ABSENT:
            yield from comparison.nodes(_HEADER, one[1], other[1], at)


def _links(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    for name, before, after in pairs(was.get("links", {}), now.get("links", {})):
        at = place.within(f"link {name}")
        if before is ABSENT:
            yield at.additive("It is new.")
        elif after is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from comparison.nodes(_LINK, before, after, at)


def _leads_elsewhere(keyword: str, _: Comparison, __: Json, ___: Json, place: Place) -> Changes:
    yield place.breaking(f"It leads elsewhere: its `{keyword}` changed.")


_RESPONSE: Final[dict[str, Rule]] = {
    "description": told("description"),
    "headers": _headers,
    "content": bodies.content,
    "links": _links,
}
_HEADER: Final[dict[str, Rule]] = {
    "required": bodies.requirement,
    "schema": bodies.schema,
    "deprecated": schemas.deprecation,
    **{name: told(name) for name in ("description", "example", "examples")},
}
_LINK: Final[dict[str, Rule]] = {
    "description": told("description"),
    **{
        keyword: partial(_leads_elsewhere, keyword)
        for keyword in ("operationId", "operationRef", "parameters", "requestBody")
    },
}
