"""Related objects put in place of their ids, where a request says `expand`."""

from typing import Any

from stripe_sandbox.refusals import Invalid, Thing
from stripe_sandbox.worlds import World

_KINDS = {
    "application_fee": "application_fee",
    "charge": "charge",
    "customer": "customer",
    "latest_charge": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "source_transaction": "charge",
    "transfer": "transfer",
}
_DEEPEST = 4


def expanded(world: World, thing: Thing, paths: list[str]) -> Thing:
    """Return an answer with `latest_charge`, `data.customer`, … written out; raise Invalid for others."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise Invalid(f"You cannot expand more than {_DEEPEST} levels: {path}.", param="expand")
        thing = _expand(world, thing, steps, path)
    return thing


def _expand(world: World, thing: Any, steps: list[str], path: str) -> Any:
    if isinstance(thing, list):
        return [_expand(world, item, steps, path) for item in thing]
    if thing is None or not steps:
        return thing
    name, *rest = steps
    value = _related(world, thing, name, path)
    return thing | {name: _expand(world, value, rest, path)}


def _related(world: World, thing: Thing, name: str, path: str) -> Any:
    value = thing.get(name)
    if name not in thing or (isinstance(value, str) and name not in _KINDS):
        raise Invalid(f"This property cannot be expanded ({path}).", param="expand")
    return world.get(_KINDS[name], value) if isinstance(value, str) else value
