"""What a key may be allowed to do, by the plan of its operator."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.domain.callers import Plan
from app.domain.errors import BadRequest, Detail

STARTER = frozenset({"lots:read", "sessions:read", "sessions:write", "payments:write", "operator"})
GROWTH = STARTER | {"agent:act"}

PLAN_SCOPES: Mapping[Plan, frozenset[str]] = MappingProxyType(
    {"starter": STARTER, "growth": GROWTH, "enterprise": GROWTH}
)

ALL = tuple(sorted(frozenset().union(*PLAN_SCOPES.values())))

DRIVING = frozenset({"agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write"})
"""What it takes to park a car: every right but those over lots and keys."""


def allowed(plan: Plan) -> frozenset[str]:
    """Return every scope that a plan includes."""
    return PLAN_SCOPES[plan]


def beyond(plan: Plan, scopes: Iterable[str]) -> list[str]:
    """Return, sorted, the scopes that a plan does not include."""
    return sorted(set(scopes) - allowed(plan))


def require_known(scopes: Iterable[str]) -> None:
    """Raise BadRequest for a scope that no plan includes."""
    if unknown := sorted(set(scopes).difference(ALL)):
        message = f"There is no scope {unknown[0]}; say {', '.join(ALL[:-1])} or {ALL[-1]}."
        raise BadRequest(message, details=[Detail("scopes", message)])
