"""The transport for tests, which is shipped to users."""

import httpx
import pytest

from parkgraph import NotFound
from parkgraph.models import Status
from parkgraph.operations import OPERATIONS
from parkgraph.testing import STATUSES, Rehearsal
from tests.sdk.desks import Desk


def test_a_script_is_played_in_order_and_its_last_line_again(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("getLot", "NOT_FOUND", message="There is no lot with this id.")
    rehearsal.refuse("getLot", "FORBIDDEN")
    codes = []
    for _ in range(3):
        with pytest.raises(Exception, match="40") as caught:
            desk.ask(lambda park: park.lots.get_lot("1"))
        codes.append(getattr(caught.value, "code", None))
    assert codes == ["NOT_FOUND", "FORBIDDEN", "FORBIDDEN"]


def test_models_may_stand_in_an_answer(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("getHealth", Status().to_json())
    assert desk.ask(lambda park: park.status.get_health()) == Status()


def test_what_nobody_scripted_fails_the_test(desk: Desk) -> None:
    with pytest.raises(AssertionError, match="Nobody scripted an answer to getHealth"):
        desk.ask(lambda park: park.status.get_health())


def test_there_are_no_scripts_for_what_there_is_not(rehearsal: Rehearsal) -> None:
    with pytest.raises(KeyError, match="There is no operation getCastle"):
        rehearsal.answer("getCastle", {})
    with (
        httpx.Client(transport=rehearsal) as http,
        pytest.raises(AssertionError, match="no operation GET /x"),
    ):
        http.get("https://parkgraph.com/x")


def test_nor_for_a_code_that_there_is_not(rehearsal: Rehearsal) -> None:
    with pytest.raises(KeyError, match="There is no code NOPE, but BAD_REQUEST, UNAUTHORIZED, "):
        rehearsal.refuse("getHealth", "NOPE")


def test_a_fixed_path_comes_before_one_with_a_hole(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("searchLots", {"lots": []})
    rehearsal.refuse("getLot", "NOT_FOUND")
    assert desk.ask(lambda park: park.lots.search_lots(address="Vail")).lots == []
    with pytest.raises(NotFound):
        desk.ask(lambda park: park.lots.get_lot("searching"))


def test_every_operation_is_known_again_by_its_path(rehearsal: Rehearsal) -> None:
    for operation in OPERATIONS.values():
        rehearsal.answer(operation.id, operation.id)
    with httpx.Client(transport=rehearsal, base_url="https://parkgraph.com/mounted") as http:
        found = {
            each.id: http.request(each.method, each.path.replace("{", "x").replace("}", "x")).text
            for each in OPERATIONS.values()
        }
    assert found == {each: each for each in OPERATIONS}


@pytest.mark.parametrize("code", STATUSES)
def test_every_code_can_be_rehearsed(code: str) -> None:
    rehearsal = Rehearsal()
    rehearsal.refuse("getHealth", code, retry_after=3)
    with httpx.Client(transport=rehearsal) as http:
        answer = http.get("https://parkgraph.com/api/v1/health")
    assert (answer.status_code, answer.headers["Retry-After"]) == (STATUSES[code], "3")
    assert answer.json()["error"]["code"] == code
