"""What the sandbox operations answer, by the contract."""

import pytest

from app.domain.callers import Actor, Caller
from app.domain.idempotency import Once
from app.domain.ids import request_id
from app.services import key_readings
from handlers import sandbox
from tests.factories import anyone
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("services", "time")


def caller_with(key: str) -> Caller:
    found = key_readings.resolve(key)
    assert found is not None
    return Caller(actor=Actor("api_key", str(found.key_id)), request_id=request_id(), project=found.project)


@pytest.mark.parametrize("body", [None, {}, {"plan": "starter", "simulated_driver": "absent"}])
def test_a_sandbox_is_made_from_whatever_is_asked(body: dict[str, str] | None) -> None:
    answer = sandbox.create_sandbox(anyone(), body)
    made = require_documented("createSandbox", answer)["sandbox"]
    assert answer[1:] == (201, {})
    assert made["plan"] == (body or {}).get("plan", "growth")
    assert {made["api_key"][:8], made["operator_key"][:8]} == {"pk_test_"}
    assert made["now"] == "2026-11-22T18:30:00Z"


def test_a_replayed_sandbox_leaves_its_keys_out() -> None:
    once = Once("mine", "f" * 64)
    first = sandbox.create_sandbox(anyone(), once=once)[0]["sandbox"]
    answer = sandbox.create_sandbox(anyone(), once=once)
    again = require_documented("createSandbox", answer)["sandbox"]
    assert answer[2] == {"Idempotent-Replayed": "true"}
    assert again == {name: value for name, value in first.items() if not name.endswith("_key")}


def test_the_clock_is_moved_and_shown() -> None:
    caller = caller_with(sandbox.create_sandbox(anyone())[0]["sandbox"]["api_key"])
    answer = sandbox.advance_sandbox_clock(caller, {"advance_seconds": 14_472})
    clock = require_documented("advanceSandboxClock", answer)["clock"]
    assert answer[1:] == (200, {})
    assert clock == {"now": "2026-11-22T22:31:12Z", "offset_seconds": 14_472}
