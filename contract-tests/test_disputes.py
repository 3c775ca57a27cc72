"""Disputes over the wire: every way in which one stands is listed, and looked for."""

import itertools
from typing import Any

import pytest

from app.contract.document import Contract
from gate import processor
from gate.client import Client
from gate.installations import Installation
from gate.refusals import refused
from gate.world import Tenant, World

_numbers = itertools.count(1)

ENDINGS = {
    "open": ("pm_card_createDispute", None),
    "inquiry": ("pm_card_createDisputeInquiry", None),
    "won": ("pm_card_createDispute", "winning_evidence"),
    "lost": ("pm_card_createDispute", "losing_evidence"),
    "closed": ("pm_card_createDisputeInquiry", "winning_evidence"),
}
"""By how the dispute stands in the end: the card, and the evidence that decides."""


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the sandbox whose drivers do nothing by themselves."""
    return world.tenants["undriven"]


def paid(client: Client, tenant: Tenant, card: str) -> tuple[dict[str, str], str]:
    """Park for an hour and pay; return the path to the session, and its payment intent."""
    order = {"lot_id": tenant.lots[0], "plate": f"DISPUTE {next(_numbers)}", "payment_method": card}
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 3600})
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    assert client.call("endSession", key=tenant.key, path=path, json=code).is_success
    return path, str(session["payment_intent_id"])


def listed(client: Client, tenant: Tenant, **query: object) -> list[dict[str, Any]]:
    answer = client.call("listDisputes", key=tenant.key, query=query)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_dispute_is_listed_as_it_stands(
    client: Client, tenant: Tenant, installation: Installation, ending: str
) -> None:
    card, text = ENDINGS[ending]
    session, intent = paid(client, tenant, card)
    assert processor.tell(client, "charge.dispute.created", intent=intent, subject="dispute").is_success
    if text is not None:
        processor.end_dispute(client, installation, tenant.project_id, intent=intent, text=text)
    [shown] = listed(client, tenant, **session)
    assert (shown["status"], shown["amount"]) == (ending, 6.0)
    assert shown in listed(client, tenant, status=ending, limit=100)
    payment = client.call("getSession", key=tenant.key, path=session).json()["session"]["payment"]
    assert payment.get("disputed") == (6.0 if ending in ("open", "lost") else None)
    if ending in ("open", "lost"):
        refused(client.call("createRefund", key=tenant.key, path=session, json={}), 409, "session_id")


def test_every_way_to_stand_is_tried(contract: Contract) -> None:
    assert set(ENDINGS) == set(contract.at("#/components/schemas/DisputeStatus")["enum"])


def test_a_page_leads_to_another_one_that_begins_where_it_ended(client: Client, tenant: Tenant) -> None:
    for _ in range(2):
        _, intent = paid(client, tenant, "pm_card_createDispute")
        processor.tell(client, "charge.dispute.created", intent=intent, subject="dispute")
    first = client.call("listDisputes", key=tenant.key, query={"limit": 1}).json()
    second = listed(client, tenant, limit=1, cursor=first["next_cursor"])
    assert [*first["data"], *second] == listed(client, tenant, limit=2)


def test_where_nothing_is_disputed_nothing_is_listed(client: Client) -> None:
    key = client.call("createSandbox", json={}).json()["sandbox"]["operator_key"]
    assert client.call("listDisputes", key=key).json() == {"data": []}
