"""Every call pays from the budgets of product decision 12, and from no others."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.domain.budgets import Bucket, applicable
from app.domain.callers import KeyIdentity, ProjectKind, ProjectRef

CATALOGUE = {
    "search": 240,
    "availability": 240,
    "rates": 240,
    "session_creation": 60,
    "session": 240,
    "agent": 240,
    "sandbox_agent": 30,
    "sandbox": 240,
    "end_user": 20,
    "operator": 240,
    "imports": 6,
    "anonymous": 60,
    "pages": 600,
    "stripe_events": 6000,
    "failed_authentication": 60,
}


def key_of(kind: ProjectKind) -> KeyIdentity:
    project = ProjectRef(id=UUID(int=1), operator_id=UUID(int=2), kind=kind, plan="growth")
    return KeyIdentity(key_id=UUID(int=3), project=project, scopes=frozenset())


LIVE, SANDBOX = key_of("live"), key_of("sandbox")


def owed(
    budget: str, *, key: KeyIdentity | None, is_agent_call: bool = False, end_user_id: str | None = None
) -> tuple[Bucket, ...]:
    return applicable(
        budget=budget, catalogue=CATALOGUE, key=key, is_agent_call=is_agent_call, end_user_id=end_user_id
    )


@pytest.mark.parametrize(
    "budget", ["search", "availability", "rates", "session_creation", "agent", "operator"]
)
def test_a_live_key_pays_from_the_budget_of_the_operation(budget: str) -> None:
    limit = CATALOGUE[budget]
    assert owed(budget, key=LIVE) == (Bucket(budget, "key", limit),)
    assert owed(budget, key=LIVE, is_agent_call=True) == (Bucket(budget, "key", limit),)


@pytest.mark.parametrize("key", [LIVE, SANDBOX])
def test_imports_have_a_budget_of_their_own_in_sandboxes_too(key: KeyIdentity) -> None:
    assert owed("imports", key=key) == (Bucket("imports", "key", 6),)


@pytest.mark.parametrize("budget", ["search", "availability", "rates", "session", "operator"])
def test_whoever_has_no_key_pays_by_address(budget: str) -> None:
    assert owed(budget, key=None) == (Bucket("anonymous", "ip", 60),)


@pytest.mark.parametrize(
    ("budget", "limit"),
    [("pages", 600), ("stripe_events", 6000), ("anonymous", 60), ("failed_authentication", 60)],
)
def test_some_budgets_belong_to_an_address_whoever_calls(budget: str, limit: int) -> None:
    for key in (None, LIVE, SANDBOX):
        assert owed(budget, key=key, end_user_id="driver-1") == (Bucket(budget, "ip", limit),)


@pytest.mark.parametrize("budget", ["search", "availability", "rates", "agent", "session_creation"])
def test_all_that_agents_do_in_a_sandbox_shares_thirty_a_minute(budget: str) -> None:
    assert owed(budget, key=SANDBOX, is_agent_call=True) == (Bucket("sandbox_agent", "key", 30),)


@pytest.mark.parametrize("budget", ["session", "session_creation"])
def test_sessions_of_a_sandbox_count_as_agents_work_over_rest_too(budget: str) -> None:
    assert owed(budget, key=SANDBOX) == (Bucket("sandbox_agent", "key", 30),)


@pytest.mark.parametrize("budget", ["search", "availability", "rates", "operator"])
def test_everything_else_in_a_sandbox_shares_one_budget(budget: str) -> None:
    assert owed(budget, key=SANDBOX) == (Bucket("sandbox", "key", 240),)


def test_a_budget_can_be_raised_for_one_key() -> None:
    raised = replace(LIVE, budgets={"search": 1000, "sandbox_agent": 1})
    assert owed("search", key=raised) == (Bucket("search", "key", 1000),)
    assert owed("rates", key=raised) == (Bucket("rates", "key", 240),)


def test_a_sandbox_key_is_raised_by_the_budget_that_it_pays_from() -> None:
    raised = replace(SANDBOX, budgets={"search": 1000, "sandbox_agent": 500})
    assert owed("search", key=raised, is_agent_call=True) == (Bucket("sandbox_agent", "key", 500),)


@pytest.mark.parametrize("key", [LIVE, SANDBOX])
def test_an_end_user_pays_too_where_the_operator_opted_in(key: KeyIdentity) -> None:
    opted_in = replace(key, end_user_budget=20)
    own, end_user = owed("search", key=opted_in, end_user_id="driver-1")
    assert own.scope == "key"
    assert end_user == Bucket("end_user", "end_user", 20)


def test_an_end_user_does_not_pay_without_opt_in_or_name() -> None:
    assert len(owed("search", key=LIVE, end_user_id="driver-1")) == 1
    assert len(owed("search", key=replace(LIVE, end_user_budget=20))) == 1


def test_a_budget_that_the_catalogue_lacks_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match="parking"):
        owed("parking", key=LIVE)
