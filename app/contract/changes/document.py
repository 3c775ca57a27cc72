"""Two whole documents: every change from the released contract to the current one."""

from datetime import datetime
from typing import Final

from app.contract.changes import access, operations
from app.contract.changes.change import Change, Impact, Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, equal, pairs, told
from app.contract.load import Json

_IMPACTS: Final = list(Impact)


def compare(released: Json, current: Json, *, released_at: datetime | None = None) -> list[Change]:
    """Return every change, the heaviest first; none if the two say the same.

    The version alone is no change: it follows from the others. `released_at` is when clients can read the
    current one, at the earliest: a sunset has to give notice from then on.
    """
    comparison = Comparison(released, current, released_at=released_at)
    found = [
        *comparison.nodes(_ROOT, _without_components(released), _without_components(current), Place()),
        *_components(comparison),
    ]
    return sorted(dict.fromkeys(found), key=lambda change: _IMPACTS.index(change.impact))


def _without_components(document: Json) -> Json:
    """Return a document without its version, and without definitions, which count where they are used."""
    info = {key: value for key, value in document["info"].items() if key != "version"}
    return {key: value for key, value in document.items() if key != "components"} | {"info": info}


def _components(comparison: Comparison) -> Changes:
    """Compare what no operation refers to: the security schemes, and definitions that lie idle."""
    released, current = comparison.released.get("components", {}), comparison.current.get("components", {})
    before, after = (section.get("securitySchemes", {}) for section in (released, current))
    yield from access.schemes(comparison, before, after)
    if comparison.unlike:
        used = comparison.reached_from([comparison.released["paths"], comparison.current["paths"]])
        for pointer in sorted(comparison.unlike - used):
            name = pointer.removeprefix("#/components/")
            if not name.startswith("securitySchemes/"):
                yield Place(steps=(name,)).docs("It changed, and no operation refers to it.")


def _info(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from comparison.nodes(_INFO, was["info"], now["info"], place)


def _own(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from comparison.nodes(_OWN, was["x-park-graph"], now["x-park-graph"], place)


def _errors(comparison: Comparison, was: Json, now: Json, _: Place) -> Changes:
    for code, before, after in pairs(was["errors"], now["errors"]):
        at = Place(side="response", steps=(f"error {code}",))
        if before is ABSENT:
            yield at.additive("It is new.")
        elif after is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from comparison.nodes(_ERROR, before, after, at)


def _status(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield place.breaking(f"It comes with {now.get('status')} instead of {was.get('status')}.")


def _servers(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = ({each.get("url"): each for each in node.get("servers", [])} for node in (was, now))
    for url, one, other in pairs(before, after):
        at = place.within(f"server {url}")
        if one is ABSENT:
            yield at.additive("It is new.")
        elif other is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from comparison.nodes(_SERVER, one, other, at)
    if before.keys() == after.keys() and list(before) != list(after):
        yield place.breaking("Another server stands first, which clients take unless they are told.")


def _operations(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the operations, and the security of those that don't say it themselves."""
    if not equal(was.get("security"), now.get("security")):
        yield place.docs("`security`, for operations that don't say it themselves, is another.")
    yield from operations.compare(comparison, was, now, place)


def _openapi(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield place.breaking(f"It is written in OpenAPI {now.get('openapi')} instead of {was.get('openapi')}.")


_ROOT: Final[dict[str, Rule]] = {
    "openapi": _openapi,
    "info": _info,
    "servers": _servers,
    "tags": told("tags"),
    "externalDocs": told("externalDocs"),
    "security": _operations,
    "paths": _operations,
}
_INFO: Final[dict[str, Rule]] = {
    **{
        name: told(name)
        for name in ("title", "summary", "description", "termsOfService", "contact", "license")
    },
    "x-park-graph": _own,
}
_OWN: Final[dict[str, Rule]] = {"errors": _errors, "budgets": access.budgets}
_ERROR: Final[dict[str, Rule]] = {"status": _status, **{name: told(name) for name in ("meaning", "action")}}
_SERVER: Final[dict[str, Rule]] = {name: told(name) for name in ("description", "x-internal")}
