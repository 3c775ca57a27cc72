"""A project changed over the wire: what is refused, and a budget for end users that counts from then on."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.contract.document import Contract
from gate.client import Client
from gate.world import World

END_USER_BUDGET = 20


def changed(client: Client, key: str, **changes: Any) -> dict[str, Any]:
    """Change a project and return it."""
    answer = client.call("updateProject", key=key, json=changes)
    assert answer.status_code == 200, answer.text
    project: dict[str, Any] = answer.json()["project"]
    return project


@pytest.mark.parametrize("plan", ["starter", "growth", "enterprise"])
def test_a_sandbox_shows_its_plan(client: Client, plan: str) -> None:
    made = client.call("createSandbox", json={"plan": plan}).json()["sandbox"]
    shown = changed(client, made["operator_key"])
    assert (shown["id"], shown["plan"], shown["kind"]) == (made["project_id"], plan, "sandbox")


def test_every_budget_is_set_and_taken_back(client: Client, contract: Contract, world: World) -> None:
    names = [name for name, budget in contract.budgets.items() if budget.scope == "key"]
    key = world.tenants["changed"].key
    for name in names:
        assert changed(client, key, budgets={name: 5})["budgets"][name] == 5
    for driver in ("absent", "prompt"):
        shown = changed(client, key, budgets=dict.fromkeys(names), simulated_driver=driver)
        assert (shown["budgets"], shown["simulated_driver"]) == ({}, driver)


def test_what_is_beyond_the_grant_or_the_kind_of_project_is_a_409(client: Client, world: World) -> None:
    key = world.tenants["live stranger"].key
    for field, changes in {
        "budgets.search": {"budgets": {"search": 241}},
        "simulated_driver": {"simulated_driver": "absent"},
    }.items():
        answer = client.call("updateProject", key=key, json=changes)
        assert answer.status_code == 409
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert "simulated_driver" not in changed(client, key)


def by_rest(client: Client, key: str, user: str) -> httpx.Response:
    """Search over REST."""
    return client.call("searchLots", key=key, query={"address": "Vail", "end_user_id": user})


def by_action(client: Client, key: str, user: str) -> httpx.Response:
    """Search through ChatGPT's dispatcher."""
    return client.act("search_parking", key=key, address="Vail", end_user_id=user)


def by_header(client: Client, key: str, user: str) -> httpx.Response:
    """Search through ChatGPT's dispatcher, which names the person itself."""
    headers = {"openai-ephemeral-user-id": user}
    return client.act("search_parking", key=key, headers=headers, address="Vail")


@pytest.mark.parametrize("search", [by_rest, by_action, by_header])
def test_an_end_users_budget_counts_once_it_was_set(
    client: Client, world: World, search: Callable[[Client, str, str], httpx.Response]
) -> None:
    key = world.tenants["changed"].key
    changed(client, key, end_user_budget=None)  # as it was: other cases may have set one
    assert search(client, key, "before").headers["x-ratelimit-limit"] != str(END_USER_BUDGET)
    changed(client, key, end_user_budget=END_USER_BUDGET)
    began, answers = time.monotonic(), []
    while not answers or answers[-1].status_code == 200:
        answers.append(search(client, key, f"{search.__name__}-one"))
        assert answers[-1].headers["x-ratelimit-limit"] == str(END_USER_BUDGET)
    refilled = (time.monotonic() - began) * END_USER_BUDGET / 60
    assert END_USER_BUDGET <= len(answers) - 1 <= END_USER_BUDGET + refilled + 1
    assert answers[-1].status_code == 429
    assert "end_user" in answers[-1].json()["error"]["message"]
    other = search(client, key, f"{search.__name__}-two")
    assert (other.status_code, other.headers["x-ratelimit-remaining"]) == (200, str(END_USER_BUDGET - 1))
    assert "end_user_budget" not in changed(client, key, end_user_budget=None)
