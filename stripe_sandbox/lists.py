"""Pages of objects, newest first, as every list of Stripe's API has them."""

import json
from collections.abc import Mapping
from typing import Any

from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Thing
from stripe_sandbox.worlds import World, field_conditions

_DEFAULT_LIMIT = 10
_MOST = 100
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(
    world: World, kind: str, asked: Asked, *, url: str, having: Mapping[str, str] | None = None
) -> Thing:
    """Return one page: `limit` (10; at most 100), `starting_after`, `ending_before`, `created`."""
    limit = asked.get("limit", _DEFAULT_LIMIT)
    if not 1 <= limit <= _MOST:
        raise Invalid("This value must be between 1 and 100.", param="limit")
    backwards = "ending_before" in asked
    conditions, values = _conditions(world, kind, asked, having or {})
    rows = world.db.execute(
        f"SELECT body FROM objects WHERE world = ? AND kind = ? {conditions}"
        f" ORDER BY sequence {'ASC' if backwards else 'DESC'} LIMIT ?",
        (world.name, kind, *values, limit + 1),
    ).fetchall()
    found = [json.loads(body) for (body,) in rows[:limit]]
    data = found[::-1] if backwards else found
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": url}


def empty(url: str) -> Thing:
    """Return the list that stands inside an object and has nothing in it."""
    return {"object": "list", "data": [], "has_more": False, "url": url}


def _conditions(world: World, kind: str, asked: Asked, having: Mapping[str, str]) -> tuple[str, list[Any]]:
    text, values = field_conditions(having)
    bound: list[Any] = [*values]
    for cursor, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if cursor in asked:
            text += f" AND sequence {comparison} ?"
            bound.append(_sequence_of(world, kind, asked[cursor], param=cursor))
    for comparison, instant in _created(asked).items():
        text += f" AND created {comparison} ?"
        bound.append(instant)
    return text, bound


def _created(asked: Asked) -> dict[str, int]:
    created = asked.get("created", {})
    if isinstance(created, int):
        return {"=": created}
    return {_COMPARISONS[name]: instant for name, instant in created.items()}


def _sequence_of(world: World, kind: str, identifier: str, *, param: str) -> int:
    world.get(kind, identifier, param=param)
    row = world.db.execute(
        "SELECT sequence FROM objects WHERE world = ? AND kind = ? AND id = ?", (world.name, kind, identifier)
    ).fetchone()
    return int(row[0])
