"""What each plan includes."""

import pytest

from app.contract.document import Contract
from app.domain.callers import Plan
from app.domain.errors import BadRequest
from app.services import scopes


@pytest.mark.parametrize(("plan", "has_agents"), [("starter", False), ("growth", True), ("enterprise", True)])
def test_agents_come_with_growth(plan: Plan, has_agents: bool) -> None:
    assert ("agent:act" in scopes.allowed(plan)) is has_agents


def test_the_largest_plan_includes_every_scope_of_the_contract_and_no_other() -> None:
    listed = Contract.read().document["components"]["schemas"]["Scopes"]["items"]["enum"]
    assert scopes.allowed("enterprise") == set(listed)


def test_every_scope_that_an_operation_asks_for_can_be_had() -> None:
    asked = {
        scope
        for operation in Contract.read().operations.values()
        for alternative in operation.security.alternatives
        for scope in alternative
    }
    assert asked <= scopes.allowed("enterprise")


def test_scopes_beyond_a_plan_are_named_in_order() -> None:
    assert scopes.beyond("starter", ["lots:read", "fleet:dispatch", "agent:act"]) == [
        "agent:act",
        "fleet:dispatch",
    ]
    assert scopes.beyond("growth", sorted(scopes.DRIVING)) == []


def test_a_scope_that_there_is_not_is_named_with_those_that_there_are() -> None:
    scopes.require_known(scopes.ALL)
    with pytest.raises(BadRequest) as refused:
        scopes.require_known(["lots:read", "nope"])
    assert refused.value.message == (
        "There is no scope nope; say agent:act, lots:read, operator, payments:write, sessions:read or "
        "sessions:write."
    )
