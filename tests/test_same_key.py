"""One idempotency key, a hundred requests at once: one session, one payment, one answer."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers import Server, running

TIMES = 100
ENOUGH = 10_000


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]
) -> Iterator[tuple[Server, list[httpx.Response]]]:
    with running(tmp_path_factory.mktemp("same-key") / "home", **shared_database) as server:
        raise_budget(server)
        order = {"lot_id": a_lot(server), "plate": "CO-7891", "payment_method": "pm_card_visa"}
        yield server, asyncio.run(send_at_once(server, order))


def raise_budget(server: Server) -> None:
    """Raise the key's budget by data, as an operator does."""
    last_four = str(server.sandbox["api_key"])[-4:]
    [(key_id,)] = server.rows(f"SELECT id FROM api_keys WHERE last_four = '{last_four}'")
    for budget in ("sandbox_agent", "session_creation"):
        raised = server.command("keys", "limit", str(key_id), budget, str(ENOUGH))
        assert raised.returncode == 0, raised.stderr


def a_lot(server: Server) -> str:
    found = httpx.get(f"{server.url}/api/v1/lots/search", params={"address": "Lionshead"})
    lot_id: str = found.json()["lots"][0]["id"]
    return lot_id


async def send_at_once(server: Server, order: dict[str, Any]) -> list[httpx.Response]:
    headers = {"Authorization": f"Bearer {server.sandbox['api_key']}", "Idempotency-Key": "vail-evening"}
    limits = httpx.Limits(max_connections=TIMES)
    async with httpx.AsyncClient(base_url=server.url, headers=headers, limits=limits, timeout=60) as client:
        requests = [client.post("/api/v1/sessions", json=order) for _ in range(TIMES)]
        return [*await asyncio.gather(*requests), await client.post("/api/v1/sessions", json=order)]


def test_every_answer_is_the_first_one_or_409(answers: tuple[Server, list[httpx.Response]]) -> None:
    _, responses = answers
    created = [response for response in responses if response.status_code == 201]
    waiting = [response for response in responses if response.status_code == 409]
    assert len(created) + len(waiting) == TIMES + 1
    assert len({response.text for response in created}) == 1
    assert sum("Idempotent-Replayed" not in response.headers for response in created) == 1
    assert all(response.headers["Retry-After"] == "1" for response in waiting)


def test_there_is_one_session_and_one_payment_intent(
    answers: tuple[Server, list[httpx.Response]],
) -> None:
    server, responses = answers
    assert responses[-1].status_code == 201
    assert [tuple(row) for row in server.rows("SELECT count(*) FROM sessions")] == [(1,)]
    assert len(server.intents()) == 1
