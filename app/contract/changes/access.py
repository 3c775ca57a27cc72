"""Who may call, and how often: security, plans, budgets."""

from typing import Any, Final

from app.contract.changes.change import Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, Rule, pairs, quoted, told
from app.contract.load import Json
from app.contract.operations import PLANS, written

_Caller = frozenset[tuple[str, str]]
"""What a caller has to have: pairs of a scheme and a scope; nothing for anonymous calls."""


def security(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare who may call: a caller that was let in has to be let in still."""
    before, after = _callers(was["security"]), _callers(now["security"])
    at = place.on("request", "security")
    refused = [caller for caller in before if not any(enough <= caller for enough in after)]
    welcome = [caller for caller in after if not any(enough <= caller for enough in before)]
    for caller in refused:
        yield at.breaking(f"It is no longer open to {_text(caller)}.")
    for caller in welcome:
        yield at.additive(f"It is open to {_text(caller)}.")
    if not refused and not welcome:
        yield at.docs("Who may call is written in another way.")


def _callers(requirements: list[dict[str, list[str]]]) -> list[_Caller]:
    return [_caller(requirement) for requirement in requirements] or [frozenset()]


def _caller(requirement: dict[str, list[str]]) -> _Caller:
    """Return a scheme by itself, too: who has a scope of it has it."""
    return frozenset((scheme, scope) for scheme, scopes in requirement.items() for scope in ("", *scopes))


def _text(caller: _Caller) -> str:
    scopes = sorted(scope for _, scope in caller if scope)
    schemes = " and ".join(sorted({scheme for scheme, _ in caller}))
    return f"{schemes} with {', '.join(scopes) or 'any scope'}" if caller else "anyone"


def schemes(comparison: Comparison, was: Json, now: Json) -> Changes:
    """Compare the ways to prove who one is."""
    for name, before, after in pairs(was, now):
        at = Place(side="request", steps=(f"security scheme {name}",))
        if before is ABSENT:
            yield at.additive("It is new.")
        elif after is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from comparison.nodes(_SCHEME, before, after, at)


def plan(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare from which plan on an operation may be called."""
    before, after = was.get("x-plan"), now.get("x-plan")
    at = place.on("request", "plan")
    sentence = f"It takes the plan {after or 'of anyone'} instead of {before or 'that of anyone'}."
    yield at.breaking(sentence) if _rank(before) < _rank(after) else at.additive(sentence)


def _rank(plan: str | None) -> int:
    """Order plans by how few have them; one that is not known comes last."""
    if plan is None:
        return -1
    return PLANS.index(plan) if plan in PLANS else len(PLANS)


def budget(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare which budget pays for a call: by a smaller one, fewer calls are admitted."""
    yield from paid_by(comparison, was.get("x-budget"), now.get("x-budget"), place)


def paid_by(comparison: Comparison, was: Any, now: Any, place: Place) -> Changes:
    """Compare two budgets by their names."""
    at = place.on("request", "budget")
    before = budgets_of(comparison.released).get(was)
    after = budgets_of(comparison.current).get(now)
    sentence = f"It is {_budget_text(now, after)} instead of {_budget_text(was, before)}."
    strangers = _payers(comparison.current, now) - _payers(comparison.released, was)
    shared_with = sorted(strangers & _payers(comparison.released) - {place.operation})
    if before is None or after is None or _is_smaller(before, after):
        yield at.breaking(sentence)
    elif shared_with:
        yield at.breaking(
            f"{sentence} {', '.join(shared_with)} pay{'s' * (len(shared_with) == 1)} from it, too."
        )
    else:
        yield at.additive(sentence)


def _payers(document: Json, *budgets: Any) -> frozenset[str]:
    """Name the operations that pay from budgets, themselves or as actions; from any, if none is named."""
    return frozenset(
        node.get("operationId", "")
        for _, _, node in written(document)
        for budget in (node.get("x-budget"), node.get("x-agent-action", {}).get("budget"))
        if budget in budgets or (not budgets and budget is not None)
    )


def _is_smaller(before: Json, after: Json) -> bool:
    """Tell whether a budget admits fewer calls, or may, because it counts another way."""
    return bool(before.get("scope") != after.get("scope") or after.get("limit", 0) < before.get("limit", 0))


def _budget_text(name: Any, entry: Json | None) -> str:
    return f"`{name}` with {entry.get('limit')} a minute per {entry.get('scope')}" if entry else "unknown"


def budgets_of(document: Json) -> Json:
    """Return the catalogue of budgets of a document."""
    catalogue: Json = document["info"].get("x-park-graph", {}).get("budgets", {})
    return catalogue


def budgets(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the catalogues of budgets."""
    del place
    for name, before, after in pairs(was["budgets"], now["budgets"]):
        at = Place(side="request", steps=(f"budget {name}",))
        if before is ABSENT:
            yield at.additive("It is new.")
        elif after is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from comparison.nodes(_BUDGET, before, after, at)


def _limit(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("limit", 0), now.get("limit", 0)
    sentence = f"It admits {after} requests a minute instead of {before}."
    yield place.breaking(sentence) if after < before else place.additive(sentence)


def _scope(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield place.breaking(
        f"It is counted per {quoted(now.get('scope'))} instead of {quoted(was.get('scope'))}."
    )


_BUDGET: Final[dict[str, Rule]] = {"limit": _limit, "scope": _scope, "meaning": told("meaning")}
_SCHEME: Final[dict[str, Rule]] = {name: told(name) for name in ("description", "bearerFormat")}
