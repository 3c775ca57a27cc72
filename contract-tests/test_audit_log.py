"""The audit log over the wire: who stands in it, and how its file goes on."""

import csv
import io
import json
import re
import time
from contextlib import closing
from typing import Any

import httpx
import pytest
import stripe

from app.contract.document import Contract
from gate.client import Client
from gate.installations import Installation
from gate.signatures import stripe_signature
from gate.world import Tenant, World
from stripe_sandbox import Sandbox, secret_key

PATIENCE = 10.0
PLATFORMS = (None, "gemini", "xai", "perplexity", "copilot", "anthropic", "responses", "realtime", "mcp")


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


def entries(client: Client, key: str, **query: object) -> list[dict[str, Any]]:
    """Read the newest entries."""
    answer = client.call("listAuditLog", key=key, query={"limit": 100} | query)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def test_each_agent_stands_in_the_log_with_its_platform(client: Client, tenant: Tenant) -> None:
    for platform in PLATFORMS:
        assert client.act("search_parking", key=tenant.key, platform=platform, address="Vail").is_success
    until = time.monotonic() + PATIENCE
    wanted = {platform or "openai" for platform in PLATFORMS}
    while time.monotonic() < until:
        seen = {entry.get("agent_platform") for entry in entries(client, tenant.key, action="search_parking")}
        if wanted <= seen:
            return
        time.sleep(0.2)
    raise AssertionError(f"{wanted - seen} do not stand in the log")


def test_every_kind_of_actor_is_looked_for(client: Client, contract: Contract, tenant: Tenant) -> None:
    for kind in contract.at("#/components/schemas/ActorType")["enum"]:
        found = entries(client, tenant.key, actor_type=kind)
        assert {entry["actor"]["type"] for entry in found} <= {kind}
    assert entries(client, tenant.key, actor_type="operator_cli")


def test_the_log_of_a_project_is_looked_for_and_no_other_operators_is_found(
    client: Client, world: World, tenant: Tenant
) -> None:
    own, live = tenant.project_id, world.tenants["live operator"].key
    assert entries(client, tenant.key, project_id=own)[-1:] == entries(client, tenant.key)[-1:] != []
    assert entries(client, live, project_id=own) == []
    assert entries(client, tenant.key, project_id=world.tenants["other"].project_id) == []


def test_what_a_driver_authorised_on_a_device_is_told_by_stripe(
    client: Client, world: World, installation: Installation
) -> None:
    tenant = world.tenants["undriven"]
    order = {"lot_id": tenant.lots[0], "plate": "TOLD BY STRIPE"}
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    intent = session["payment_intent_id"]
    _authorised_on_a_device(installation, tenant, intent)
    body = json.dumps(
        {
            "id": f"evt_{intent}",
            "type": "payment_intent.amount_capturable_updated",
            "livemode": False,
            "data": {"object": {"id": intent, "object": "payment_intent"}},
        }
    ).encode()
    headers = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    assert client.call("receiveStripeEvent", content=body, headers=headers).json() == {"received": True}
    told = entries(client, tenant.key, actor_type="stripe", action="payment.authorized")
    assert session["id"] in {entry["subject"]["id"] for entry in told}


def _authorised_on_a_device(installation: Installation, tenant: Tenant, intent: str) -> None:
    with closing(Sandbox(installation.home / "processor.sqlite3")) as processor:
        device = stripe.StripeClient(secret_key(tenant.project_id), http_client=processor.http_client())
        device.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})


def test_what_a_driver_does_on_the_receipt_is_told_of_the_driver(client: Client, world: World) -> None:
    tenant = world.tenants["undriven"]
    order = {"lot_id": tenant.lots[0], "plate": "TOLD BY A DRIVER", "payment_method": "pm_card_visa"}
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    receipt = client.url + httpx.URL(session["receipt_url"]).path
    _send_form(receipt, receipt, to="extend", hours="1")
    _send_form(receipt, f"{receipt}/end", to="end")
    told = entries(client, tenant.key, actor_type="driver")
    mine = [entry["action"] for entry in told if entry["subject"]["id"] == session["id"]]
    assert {"session.extend", "session.end"} <= set(mine)
    assert {entry["actor"]["id"] for entry in told} >= {session["id"]}


def _send_form(receipt: str, page: str, *, to: str, **fields: str) -> None:
    """Send a form of a page as a browser would, and be led back to the receipt."""
    with httpx.Client(trust_env=False) as browser:
        [key] = set(re.findall(r'name="once" value="([^"]+)"', browser.get(page).text))
        answer = browser.post(f"{receipt}/{to}", data=fields | {"once": key})
    assert answer.status_code == 303, answer.text


def test_a_sandbox_that_nobody_known_made_says_so(client: Client) -> None:
    made = client.call("createSandbox", json={}).json()["sandbox"]
    [first, *_] = entries(client, made["operator_key"], actor_type="anonymous")
    assert first["subject"]["id"] == made["project_id"]


def test_the_vail_evening_leaves_what_the_contract_shows_of_it(client: Client, contract: Contract) -> None:
    key = client.call("createSandbox", json={}).json()["sandbox"]["operator_key"]
    lots = client.act("search_parking", key=key, address="Lionshead Public Parking").json()["lots"]
    started = client.act("create_session", key=key, lot_id=lots[0]["id"], plate="CO-7891").json()["session"]
    client.call("advanceSandboxClock", key=key, json={"advance_seconds": 14_472})
    named = {"session_id": started["id"], "session_code": started["session_code"]}
    assert client.act("end_session", key=key, **named).is_success
    answer = contract.at(contract.operations["listAuditLog"].pointer)["responses"]["200"]
    shown = answer["content"]["application/json"]["examples"]["evening"]["value"]["data"]
    written = {entry["action"]: entry["diff"] for entry in entries(client, key)}
    for example in shown:
        assert without_facts(example["diff"]) == without_facts(written[example["action"]])


def without_facts(diff: Any) -> Any:
    """Write ids and instants alike, and leave the rest as it is."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", json.dumps(diff, sort_keys=True))
    return re.sub(r"20[0-9-]{8}T[0-9:]{8}Z", "AT", text)


def test_a_lots_file_goes_on_where_its_link_leads(client: Client, tenant: Tenant) -> None:
    lot = {"lot_id": tenant.lots[0]}
    for number in range(2):
        order = lot | {"plate": f"AUDIT {number}"}
        assert client.call("createSession", key=tenant.key, json=order).status_code in {201, 409}
    answer = client.call("exportLotAuditCsv", key=tenant.key, path=lot, query={"limit": 1})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = re.search(r"cursor=([0-9a-f-]+)>", answer.headers["link"])
    assert found
    more = {"limit": 1, "cursor": found[1]}
    following = client.call("exportLotAuditCsv", key=tenant.key, path=lot, query=more)
    one, other = (
        list(csv.reader(io.StringIO(part.text, newline=""), strict=True)) for part in (answer, following)
    )
    assert one[0] == other[0]
    assert one[1] != other[1]
    whole = client.call("exportLotAuditCsv", key=tenant.key, path=lot).text
    cells = list(csv.reader(io.StringIO(whole, newline=""), strict=True))
    assert {len(line) for line in cells} == {len(cells[0])}
    assert any("," in line[-1] for line in cells)
