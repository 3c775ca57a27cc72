"""What a request carries, and what its refusal says."""

import json
import math
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from parkgraph import (
    BadRequest,
    IdempotencyKeyReused,
    InvalidAnswer,
)
from parkgraph.client import FROM_ENVIRONMENT
from parkgraph.models import GetRatesParameters
from parkgraph.testing import Rehearsal
from tests.sdk.desks import Desk
from tests.sdk.questions import OK, advance, fails, health

SOMEWHERE = datetime(2026, 4, 10, 17, 30)  # noqa: DTZ001 -- that it has no time zone is the point


def test_a_request_says_who_asks_for_what_and_by_which_version(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listLotsGeoJson", {"type": "FeatureCollection", "features": []})
    desk.ask(lambda park: park.lots.list_lots_geo_json(bbox="-107,39,-106,40", limit=5).first())
    [sent] = desk.sent
    assert str(sent.url) == ("https://parkgraph.com/api/v1/lots.geojson?bbox=-107%2C39%2C-106%2C40&limit=5")
    assert sent.headers["Accept"] == "application/geo+json, application/json"
    assert sent.headers["Authorization"] == "Bearer pk_test_desk"
    assert sent.headers["User-Agent"].startswith("parkgraph-python/1.")


def test_a_stranger_sends_no_key(desk: Desk, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARK_GRAPH_KEY", raising=False)
    desk.key = FROM_ENVIRONMENT
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert "Authorization" not in desk.sent[0].headers


def test_an_empty_key_is_none_whatever_the_environment_has(
    desk: Desk, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARK_GRAPH_KEY", "pk_test_environment")
    desk.key = ""
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert "Authorization" not in desk.sent[0].headers


def test_a_key_that_was_not_shown_again_is_never_another_one(
    desk: Desk, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARK_GRAPH_KEY", "pk_live_environment")
    sandbox = {"project_id": "p", "plan": "growth", "now": "2026-04-10T23:30:00Z"}
    rehearsal.play("createSandbox", fails(httpx.ReadTimeout))
    rehearsal.answer("createSandbox", {"sandbox": sandbox}, headers={"Idempotent-Replayed": "true"})
    made = desk.ask(lambda park: park.sandbox.create_sandbox())
    assert (made.api_key, made.answer.replayed) == (None, True)
    desk.key = made.api_key
    with pytest.raises(ValueError, match=r"The key is None: .*answer\.replayed"):
        desk.ask(health)
    assert len(desk.sent) == 2


def test_the_key_may_stand_in_the_environment(
    desk: Desk, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARK_GRAPH_KEY", "pk_test_environment")
    desk.key = FROM_ENVIRONMENT
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert desk.sent[0].headers["Authorization"] == "Bearer pk_test_environment"


def test_what_is_not_said_is_not_sent_and_null_takes_a_value_away(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.play("updateLot", lambda _: httpx.Response(200, json={}))
    with pytest.raises(InvalidAnswer):
        desk.ask(lambda park: park.inventory.update_lot("a/b", name="Meadow", address=None))
    [sent] = desk.sent
    assert sent.url.raw_path == b"/api/v1/operator/lots/a%2Fb"
    assert json.loads(sent.content) == {"name": "Meadow", "address": None}


def test_an_update_says_nothing_of_what_it_leaves_out(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.play("updateWebhook", lambda _: httpx.Response(200, json={}))
    with pytest.raises(InvalidAnswer):
        desk.ask(lambda park: park.webhooks.update_webhook("1", enabled=False))
    assert json.loads(desk.sent[0].content) == {"enabled": False}


def test_a_null_that_the_contract_does_not_know_is_sent_and_not_passed_over(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    rehearsal.refuse("updateWebhook", "BAD_REQUEST", details={"url": "must be a string"})
    with pytest.raises(BadRequest):
        desk.ask(lambda park: park.webhooks.update_webhook("1", url=None))
    assert json.loads(desk.sent[0].content) == {"url": None}


@pytest.mark.parametrize("lot_id", ["", ".", ".."])
def test_a_path_leads_nowhere_else(desk: Desk, lot_id: str) -> None:
    with pytest.raises(ValueError, match="lot_id names nothing"):
        desk.ask(lambda park: park.lots.get_lot(lot_id))
    assert desk.sent == []


@pytest.mark.parametrize("lot_id", [None, 12, b"1"])
def test_what_is_no_part_of_a_path_is_named(desk: Desk, lot_id: Any) -> None:
    with pytest.raises(TypeError, match=f"^lot_id takes a str, not {type(lot_id).__name__}"):
        desk.ask(lambda park: park.lots.get_lot(lot_id))
    assert desk.sent == []


@pytest.mark.parametrize(
    ("key", "error", "sentence"),
    [
        ("schlüssel", ValueError, "idempotency_key has letters beyond ASCII"),
        ("a\nb", ValueError, "idempotency_key has letters beyond ASCII, line ends"),
        (" a", ValueError, "idempotency_key has letters beyond ASCII, line ends or spaces around it"),
        (4711, TypeError, "idempotency_key takes a str, not int"),
    ],
)
def test_a_key_that_can_not_be_sent_is_named(
    desk: Desk, key: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=f"^{sentence}"):
        desk.ask(lambda park: park.sandbox.advance_sandbox_clock(advance_seconds=1, idempotency_key=key))
    desk.keys = [key]
    with pytest.raises(error, match=f"^{sentence}"):
        desk.ask(advance)
    assert desk.sent == []


@pytest.mark.parametrize(
    ("value", "error"),
    [(UUID(int=1), TypeError), (math.nan, ValueError), (SOMEWHERE, ValueError)],
)
def test_what_json_does_not_know_is_named(desk: Desk, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^plate: "):
        desk.ask(lambda park: park.sessions.create_session(lot_id="1", plate=value))
    with pytest.raises(error, match=r"^lat: "):
        desk.ask(lambda park: park.lots.search_lots(lat=value, lng=-106.3742))
    assert desk.sent == []


def test_so_is_another_header(desk: Desk) -> None:
    with pytest.raises(ValueError, match=r"^if_none_match has letters beyond ASCII"):
        desk.ask(lambda park: park.lots.list_lots_geo_json(if_none_match='"é"').first())


@pytest.mark.parametrize("action", [{"action": "get_rates"}, GetRatesParameters(lot_id="1"), None])
def test_what_is_no_action_is_named(desk: Desk, action: Any) -> None:
    sentence = f"^action takes one of the models of this operation, .*not {type(action).__name__}"
    with pytest.raises(TypeError, match=sentence):
        desk.ask(lambda park: park.agents.dispatch_action(action))
    with pytest.raises(TypeError, match=sentence):
        desk.ask(lambda park: park.agents.dispatch_platform_action("gemini", action=action))
    assert desk.sent == []


def test_what_is_json_is_accepted_once(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert desk.sent[0].headers["Accept"] == "application/json"


def test_a_used_key_is_told_with_its_name(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("advanceSandboxClock", "IDEMPOTENCY_KEY_REUSED")
    with pytest.raises(IdempotencyKeyReused) as caught:
        desk.ask(advance)
    assert caught.value.idempotency_key == "key-0"


def test_every_offending_field_is_told(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("advanceSandboxClock", "BAD_REQUEST", details={"advance_seconds": "must be positive"})
    with pytest.raises(BadRequest) as caught:
        desk.ask(advance)
    assert [detail.field for detail in caught.value.details] == ["advance_seconds"]
