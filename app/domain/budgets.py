"""Which rate budgets a call has to pay from; how they are counted is the limiter's business.

One call may owe several budgets. None is charged unless all of them admit it.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from app.domain.callers import KeyIdentity

BucketScope = Literal["key", "ip", "end_user"]

BY_ADDRESS = frozenset({"anonymous", "pages", "stripe_events", "failed_authentication"})
"""Budgets that belong to an IP address, whoever calls."""

AGENT_WORK = frozenset({"agent", "session", "session_creation"})
"""Budgets of what agents do; in a sandbox all of it shares one."""

SAME_IN_SANDBOXES = frozenset({"imports"})
"""Budgets of work so large that a sandbox has no other one for it."""


class Bucket(NamedTuple):
    """A budget that a call pays from: `limit` requests a minute.

    A bucket of scope `key` is counted per API key, `ip` per address, `end_user` per key and end user.
    """

    name: str
    scope: BucketScope
    limit: int


def applicable(
    *,
    budget: str,
    catalogue: Mapping[str, int],
    key: KeyIdentity | None,
    is_agent_call: bool,
    end_user_id: str | None,
) -> tuple[Bucket, ...]:
    """Return the budgets that a call owes.

    `budget` is the name on the operation, or on the action that a dispatcher was asked for; `catalogue` gives
    each budget's limit; `is_agent_call` says that the call came through a dispatcher or MCP.
    """
    if budget in BY_ADDRESS:
        return (Bucket(budget, "ip", catalogue[budget]),)
    if key is None:
        return (Bucket("anonymous", "ip", catalogue["anonymous"]),)
    name = _name_for(key, budget=budget, is_agent_call=is_agent_call)
    own = Bucket(name, "key", key.budgets.get(name, catalogue[name]))
    if key.end_user_budget is None or end_user_id is None:
        return (own,)
    return own, Bucket("end_user", "end_user", key.end_user_budget)


def _name_for(key: KeyIdentity, *, budget: str, is_agent_call: bool) -> str:
    if key.project.kind == "live" or budget in SAME_IN_SANDBOXES:
        return budget
    return "sandbox_agent" if is_agent_call or budget in AGENT_WORK else "sandbox"
