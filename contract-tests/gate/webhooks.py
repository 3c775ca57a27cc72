"""Webhooks for the gate's cases: made at need, and few at a time, because a project has at most twenty."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from gate.client import Client

PATIENCE = 30.0

_MOST = 12
_numbers = itertools.count(1)


def wanted(**facts: Any) -> dict[str, Any]:
    """Write a webhook as createWebhook takes it, at a name that is nobody's."""
    url = f"https://hooks.gate.example/{next(_numbers)}"
    return {"url": url, "events": ["session.created"]} | facts


def new(client: Client, key: str, **facts: Any) -> dict[str, Any]:
    """Make a webhook, and room for it."""
    standing = client.call("listWebhooks", key=key, query={"limit": 100}).json()["data"]
    for oldest in standing[_MOST:]:
        client.call("deleteWebhook", key=key, path={"webhook_id": oldest["id"]})
    answer = client.call("createWebhook", key=key, json=wanted(**facts))
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()["webhook"]
    return webhook


def ping(client: Client, key: str, webhook_id: str) -> dict[str, Any]:
    """Ask for a ping and return its delivery."""
    answer = client.call("pingWebhook", key=key, path={"webhook_id": webhook_id})
    assert answer.status_code == 201, answer.text
    delivery: dict[str, Any] = answer.json()["delivery"]
    return delivery


def deliveries(client: Client, key: str, webhook_id: str) -> list[dict[str, Any]]:
    """Return the newest deliveries of a webhook."""
    answer = client.call("listDeliveries", key=key, path={"webhook_id": webhook_id}, query={"limit": 100})
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def await_deliveries(
    client: Client, key: str, webhook_id: str, *, until: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Look at a webhook's deliveries until they are as expected: the worker needs a second or two."""
    deadline = time.monotonic() + PATIENCE
    while not until(seen := deliveries(client, key, webhook_id)):
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    return seen


def are_over(seen: list[dict[str, Any]]) -> bool:
    """Tell whether there are deliveries, and none of them waits."""
    return bool(seen) and all(each["state"] != "pending" for each in seen)
