"""Payout accounts over the wire: a live operator opens its own, a sandbox has one."""

from gate.client import Client
from gate.refusals import refused
from gate.world import World


def test_a_live_operator_opens_its_account_and_a_sandbox_has_one(client: Client, world: World) -> None:
    for tenant, is_ready in (("live operator", False), ("owner", True)):
        for body in ({"country": "NL"}, {}):
            answer = client.call("createPayoutAccountLink", key=world.tenants[tenant].key, json=body)
            assert answer.status_code == 201, answer.text
            link = answer.json()["payout_account_link"]
            assert "account_link=" in link["url"]
            assert link["charges_enabled"] is is_ready


def test_a_country_that_is_none_is_named(client: Client, world: World) -> None:
    answer = client.call("createPayoutAccountLink", key=world.fuzzed.key, json={"country": "nl"})
    refused(answer, 400, "country")
