"""Answers that are not Park Graph's: what is wrong with them is said, and nothing that they hold."""

import traceback
from typing import Any

import httpx
import pytest

from parkgraph import InvalidAnswer
from parkgraph.testing import Rehearsal
from tests.sdk.desks import Desk
from tests.sdk.questions import advance

PLATE = "CO-7891"


def answered(desk: Desk, rehearsal: Rehearsal, body: Any) -> InvalidAnswer:
    rehearsal.play("advanceSandboxClock", lambda _: body)
    with pytest.raises(InvalidAnswer) as caught:
        desk.ask(advance)
    return caught.value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"clock": {"now": "2026-04-10T23:30:00Z"}}, "Clock has no offset_seconds"),
        ({"clock": {"now": PLATE, "offset_seconds": 1}}, "Clock.now can't be read: str"),
        ({"clock": {"now": {PLATE: 1}, "offset_seconds": 1}}, "Clock.now can't be read: dict"),
        ({"clock": [PLATE]}, "Clock is no object: list"),
        ({PLATE: 7}, "it has no clock"),
        ([PLATE], "it has no clock"),
    ],
)
def test_the_field_that_is_wrong_is_named_and_what_it_holds_is_not(
    desk: Desk, rehearsal: Rehearsal, body: Any, why: str
) -> None:
    error = answered(desk, rehearsal, httpx.Response(200, json=body))
    assert str(error).endswith(f" bytes application/json ({why})")
    assert PLATE not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("content", [b"<html>CO-7891</html>", b"\xff", b""])
def test_what_is_no_json_is_said_to_be_none(desk: Desk, rehearsal: Rehearsal, content: bytes) -> None:
    error = answered(desk, rehearsal, httpx.Response(200, content=content))
    assert str(error) == (
        f"200, and not what the contract says: {len(content)} bytes of no type (it is no JSON)"
    )
    assert error.content == content


def test_nor_are_letters_that_nobody_knows(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.play("exportLedgerCsv", lambda _: httpx.Response(200, content=b"\xff\xfe"))
    with pytest.raises(InvalidAnswer, match=r"\(it is not in UTF-8\)$"):
        desk.ask(lambda park: park.ledger.export_ledger_csv().first())
