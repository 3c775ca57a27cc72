"""The budgets as the contract's catalogue has them, on a server and with keys where nothing was raised."""

import httpx
import pytest

from app.contract.document import Contract, Operation
from gate import examples
from gate.client import Client, ClientOf
from gate.figures import Figures
from gate.seeding import END_USER_BUDGET
from gate.strictness import STRIPE_EVENTS, StrictInstallation

# What uses a budget up, and everything else that it pays for with the same caller.
PAID_BY = {
    "sandbox_agent": ("getSession", ("dispatchers", "sessions")),
    "sandbox": (
        "listApiKeys",
        (
            "lots",
            "availability",
            "rates",
            "inventory",
            "agent_access",
            "keys",
            "agents",
            "projects",
            "refunds",
            "audit",
            "disputes",
            "payout_accounts",
            "ledger",
            "webhooks",
            "events",
            "traces",
            "sandbox clock",
        ),
    ),
    "imports": ("importLots", ("imports",)),
    "pages": ("getHealth", ("status",)),
    "stripe_events": ("receiveStripeEvent", ("payments",)),
}


@pytest.fixture(scope="module")
def calling(strict: StrictInstallation, client_of: ClientOf) -> Client:
    """Call that server through the proxy that it trusts."""
    return client_of(strict.running, X_Forwarded_Proto="https")


def ask(client: Client, operation: str, key: str | None) -> httpx.Response:
    """Ask for anything of an operation."""
    call = examples.call_of(client.contract, client.contract.operations[operation])
    return client.call(
        operation, key=key, path=call.path, query=call.query, json=call.json, headers=call.headers
    )


def group_of(operation: Operation) -> str:
    """Name whatever operations one budget pays for together: their noun, but for a few of them."""
    if operation.dispatches:
        return "dispatchers"
    apart = {"advanceSandboxClock": "sandbox clock", "importLots": "imports"}
    return apart.get(operation.id, operation.tag)


def use_up(client: Client, operation: str, key: str | None, *, limit: int) -> httpx.Response:
    """Ask until the budget is used up; return the refusal, which comes after `limit` calls and a few more."""
    for number in range(2 * limit):
        answer = ask(client, operation, key)
        assert answer.headers["x-ratelimit-limit"] == str(limit)
        if answer.status_code == 429:
            assert number >= limit, f"refused after {number} of {limit}"
            return answer
    raise AssertionError(f"{2 * limit} calls passed a budget of {limit}")


def next_refusal(client: Client, operation: str, key: str | None) -> httpx.Response:
    """Ask again until refused: a used-up budget gains a few tokens a second."""
    for _ in range(30):
        answer = ask(client, operation, key)
        if answer.status_code == 429:
            break
    return answer


def require_refusal(answer: httpx.Response, budget: str) -> None:
    """Require a 429 that says which budget, how long to wait, and that nothing is left."""
    assert answer.status_code == 429, answer.text
    assert answer.json()["error"]["code"] == "RATE_LIMITED"
    assert f"The budget {budget} " in answer.json()["error"]["message"]
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-ratelimit-remaining"] == "0"


@pytest.mark.parametrize("budget", PAID_BY)
def test_a_budget_refuses_what_is_beyond_it_in_every_operation_that_it_pays(
    calling: Client, strict: StrictInstallation, contract: Contract, budget: str
) -> None:
    spender, tags = PAID_BY[budget]
    limit = STRIPE_EVENTS if budget == "stripe_events" else contract.budgets[budget].limit
    key = (
        strict.running.world.tenants["owner"].keys["plain"]
        if contract.budgets[budget].scope == "key"
        else None
    )
    require_refusal(use_up(calling, spender, key, limit=limit), budget)
    for operation in contract.operations.values():
        if group_of(operation) in tags and operation.id != "createSandbox":
            require_refusal(next_refusal(calling, operation.id, key), budget)


def test_an_address_without_a_key_has_a_budget_too(calling: Client, contract: Contract) -> None:
    refusal = use_up(calling, "searchLots", None, limit=contract.budgets["anonymous"].limit)
    require_refusal(refusal, "anonymous")
    require_refusal(next_refusal(calling, "createSandbox", None), "anonymous")


def test_a_live_key_pays_for_each_kind_of_call_apart(
    calling: Client, strict: StrictInstallation, contract: Contract
) -> None:
    key = strict.running.world.tenants["live maker"].keys["plain"]
    limit = contract.budgets["session_creation"].limit
    require_refusal(use_up(calling, "createSession", key, limit=limit), "session_creation")
    assert ask(calling, "searchLots", key).headers["x-ratelimit-limit"] == "240"
    assert calling.act("search_parking", key=key, address="Vail").status_code == 200


def test_an_end_user_has_a_budget_where_the_operator_opted_in(
    calling: Client, strict: StrictInstallation
) -> None:
    tenants = strict.running.world.tenants
    answers = [
        calling.act("search_parking", key=tenants["opted in"].key, address="Vail", end_user_id="driver-1")
        for _ in range(2 * END_USER_BUDGET)
    ]
    require_refusal(answers[-1], "end_user")
    assert all(answer.status_code == 200 for answer in answers[:END_USER_BUDGET])
    for tenant, end_user in (("opted in", "driver-2"), ("owner", "driver-1")):
        key = tenants[tenant].key
        assert calling.act("search_parking", key=key, address="Vail", end_user_id=end_user).is_success


def test_guessing_keys_is_limited(calling: Client, contract: Contract, figures: Figures) -> None:
    limit = contract.budgets["failed_authentication"].limit
    refusal = use_up(calling, "listApiKeys", "pk_test_guess", limit=limit)
    require_refusal(refusal, "failed_authentication")
    figures.say(
        "budgets", f"{len(PAID_BY) + 4} used up at their limits, 429 with Retry-After in every operation"
    )
