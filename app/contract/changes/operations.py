"""Operations: which there are, where they are, and everything that is said of one."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from app.contract.changes import access, answers, requests, schemas
from app.contract.changes.change import Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, pairs, quoted, told
from app.contract.load import Json
from app.contract.operations import METHODS
from app.contract.retirement import NOTICE, instant

_SHARED: Final = frozenset({*METHODS, "parameters"})
"""What of a path belongs to its operations."""


class _Written(NamedTuple):
    """An operation with what it inherits from its path and from the document."""

    path: str
    method: str
    node: Json

    @property
    def route(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def id(self) -> str:
        return str(self.node.get("operationId", self.route))


def compare(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the operations of two documents: by where they are, then by name."""
    del place
    before = {each.route: each for each in _written(was, comparison.released)}
    after = {each.route: each for each in _written(now, comparison.current)}
    moved_from = {each.id: each for route, each in before.items() if route not in after}
    for route, each in after.items():
        former = before.get(route) or moved_from.pop(each.id, None)
        if former is None:
            yield Place(each.id).additive(f"The operation {route} is new.")
        else:
            yield from _operation(comparison, former, each)
    for each in moved_from.values():
        yield Place(each.id).breaking(f"The operation {each.route} is gone.")
    yield from _paths(comparison, was, now)


def _written(document: Json, whole: Json) -> Iterator[_Written]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                node = {"security": whole.get("security", []), **item[method]}
                if "parameters" in item:
                    node["parameters"] = [*item["parameters"], *node.get("parameters", [])]
                yield _Written(path, method, node)


def _operation(comparison: Comparison, was: _Written, now: _Written) -> Changes:
    place = Place(was.id)
    if was.route != now.route:
        yield place.on("request", "path").breaking(f"It is at {now.route} instead of {was.route}.")
    yield from comparison.nodes(_OPERATION, was.node, now.node, place)


def _paths(comparison: Comparison, was: Json, now: Json) -> Changes:
    """Compare what is said of a path beside its operations."""
    for path, before, after in pairs(was["paths"], now["paths"]):
        one, other = (
            {key: value for key, value in (item or {}).items() if key not in _SHARED}
            for item in (before, after)
        )
        yield from comparison.nodes(_PATH, one, other, Place(steps=(path,)))


def _name(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    name, former = quoted(now.get("operationId")), quoted(was.get("operationId"))
    yield place.breaking(f"Tools call it {name} instead of {former}.")


def _hint(_: Comparison, __: Json, ___: Json, place: Place) -> Changes:
    yield place.additive("What agents are told of its consequences changed.")


def _action(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("x-agent-action", ABSENT), now.get("x-agent-action", ABSENT)
    at = place.within("agent action")
    if before is ABSENT:
        yield at.additive(f"The action {quoted(after.get('name'))} is new.")
    elif after is ABSENT:
        yield at.breaking(f"The action {quoted(before.get('name'))} is gone.")
    else:
        yield from comparison.nodes(_ACTION, before, after, at)


def _action_name(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield place.breaking(
        f"The tool is called {quoted(now.get('name'))} instead of {quoted(was.get('name'))}."
    )


def _action_budget(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield from access.paid_by(comparison, was.get("budget"), now.get("budget"), place)


def _confirmation(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    if "confirmation" in was and "confirmation" in now:
        yield place.docs("What people are asked is said in other words.")
    else:
        yield place.additive(f"People are {'asked' if 'confirmation' in now else 'not asked'} before it.")


def _deprecated_at(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("x-deprecated-at", "no day"), now.get("x-deprecated-at", "no day")
    yield place.additive(f"It is deprecated since {after} instead of {before}.")


def _sunset(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("x-sunset"), now.get("x-sunset")
    sentence = f"It is served until {after or 'further notice'} instead of {before or 'further notice'}."
    is_sudden = before is None and after is not None and _is_sudden(comparison, now)
    if is_sudden or _is_earlier(before, after):
        yield place.breaking(sentence)
    else:
        yield place.additive(sentence)


def _is_sudden(comparison: Comparison, now: Json) -> bool:
    """Tell whether a first sunset gives less notice than is promised; one that nobody can read may."""
    end, since = instant(now["x-sunset"]), instant(now.get("x-deprecated-at"))
    known = [moment for moment in (since, comparison.released_at) if moment is not None]
    return end is None or any(end - moment < NOTICE for moment in known)


def _is_earlier(before: Any, after: Any) -> bool:
    """Tell whether an end was brought forward; one that nobody can read may be."""
    if before is None or after is None:
        return False
    former, coming = instant(before), instant(after)
    return former is None or coming is None or coming < former


_EXPLAINED: Final = ("summary", "description", "externalDocs", "tags")
_OPERATION: Final[dict[str, Rule]] = {
    "operationId": _name,
    **{name: told(name) for name in _EXPLAINED},
    "parameters": requests.parameters,
    "requestBody": requests.body,
    "responses": answers.compare,
    "security": access.security,
    "x-plan": access.plan,
    "x-budget": access.budget,
    "x-openai-isConsequential": _hint,
    "x-agent-action": _action,
    "deprecated": schemas.deprecation,
    "x-deprecated-at": _deprecated_at,
    "x-sunset": _sunset,
}
_ACTION: Final[dict[str, Rule]] = {
    "name": _action_name,
    "description": told("description"),
    "confirmation": _confirmation,
    "budget": _action_budget,
    "annotations": _hint,
}
_PATH: Final[dict[str, Rule]] = {name: told(name) for name in ("summary", "description")}
