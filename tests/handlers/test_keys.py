"""What the key operations answer, by the contract."""

from datetime import timedelta

import pytest

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.services import batches, key_readings
from handlers import keys
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_key, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db")

SALES = {"name": "ChatGPT custom GPT — sales team", "scopes": ["agent:act"]}


@pytest.fixture
def caller(time: SetClock) -> Caller:
    return caller_of(make_project(kind="live"))


def test_a_created_key_is_shown_whole_and_works(caller: Caller) -> None:
    answer = keys.create_api_key(caller, SALES | {"expires_at": "2027-01-01T00:00:00Z"})
    made = require_documented("createApiKey", answer)["api_key"]
    assert answer[1:] == (201, {})
    assert (made["name"], made["scopes"]) == (SALES["name"], SALES["scopes"])
    assert (made["created_at"], made["expires_at"]) == ("2026-11-22T18:30:00Z", "2027-01-01T00:00:00Z")
    assert made["key"].endswith(made["last_four"])
    found = key_readings.resolve(made["key"])
    assert found is not None
    assert str(found.key_id) == made["id"]


def test_a_replayed_creation_leaves_the_key_out(caller: Caller) -> None:
    once = Once("sales", "f" * 64)
    first = keys.create_api_key(caller, SALES, once)
    again = keys.create_api_key(caller, SALES, once)
    shown = require_documented("createApiKey", again)["api_key"]
    assert again[1:] == (201, {"Idempotent-Replayed": "true"})
    assert shown == {name: value for name, value in first[0]["api_key"].items() if name != "key"}


def test_keys_are_listed_in_pages(caller: Caller) -> None:
    made = [keys.create_api_key(caller, SALES)[0]["api_key"]["id"] for _ in range(3)]
    first = require_documented("listApiKeys", keys.list_api_keys(caller, limit=2))
    last = require_documented("listApiKeys", keys.list_api_keys(caller, cursor=first["next_cursor"]))
    assert [key["id"] for key in first["data"] + last["data"]] == made[::-1]
    assert "next_cursor" not in last
    assert not any("key" in key for key in first["data"])


def test_a_rotated_key_is_shown_whole_and_replaces_the_old_one(caller: Caller) -> None:
    old = keys.create_api_key(caller, SALES)[0]["api_key"]
    answer = keys.rotate_api_key(caller, old["id"])
    new = require_documented("rotateApiKey", answer)["api_key"]
    assert answer[1:] == (201, {})
    assert key_readings.resolve(new["key"]) is not None
    assert key_readings.resolve(old["key"]) is None


def test_a_deleted_key_is_answered_with_nothing(caller: Caller) -> None:
    key = keys.create_api_key(caller, SALES)[0]["api_key"]
    once = Once("gone", "f" * 64)
    answer = keys.delete_api_key(caller, key["id"], once)
    assert require_documented("deleteApiKey", answer) is None
    assert answer == (None, 204, {})
    assert keys.delete_api_key(caller, key["id"], once) == (None, 204, {"Idempotent-Replayed": "true"})


def test_ids_are_taken_in_capitals_too(caller: Caller) -> None:
    key = keys.create_api_key(caller, SALES)[0]["api_key"]
    assert keys.delete_api_key(caller, key["id"].upper())[1] == 204


def test_a_listed_key_shows_its_last_use(caller: Caller) -> None:
    key = keys.create_api_key(caller, SALES)[0]["api_key"]
    key_readings.resolve(key["key"])
    batches.flush()
    (listed,) = require_documented("listApiKeys", keys.list_api_keys(caller))["data"]
    assert listed["last_used_at"] == "2026-11-22T18:30:00Z"


def test_an_expired_key_is_still_listed(caller: Caller, time: SetClock) -> None:
    project = make_project(kind="live")
    make_key(project=project, expires_at=EVENING + timedelta(hours=1))
    time.move(hours=2)
    listed = require_documented("listApiKeys", keys.list_api_keys(caller_of(project)))["data"]
    assert [key["expires_at"] for key in listed] == ["2026-11-22T19:30:00Z"]
