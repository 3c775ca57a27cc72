"""What listDisputes answers, by the contract."""

import pytest

from handlers import disputes
from tests.conftest import SetClock
from tests.handlers.contract import require_documented
from tests.services.test_disputes import answer, news, park, take
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


def test_a_dispute_is_shown_as_it_stands(world: World, time: SetClock) -> None:
    facts = park(world, time)
    take(news())
    [opened] = require_documented("listDisputes", disputes.list_disputes(world.caller))["data"]
    assert (opened["session_id"], opened["amount"], opened["status"]) == (
        str(facts.session.id),
        24.12,
        "open",
    )
    assert "closed_at" not in opened
    answer(world, "losing_evidence")
    take(news())
    wanted = {"session_id": str(facts.session.id).upper(), "status": "lost"}
    [lost] = require_documented("listDisputes", disputes.list_disputes(world.caller, **wanted))["data"]
    assert lost == opened | {"status": "lost", "closed_at": "2026-11-22T22:31:12Z"}


def test_a_long_list_goes_on_where_its_cursor_leads(world: World, time: SetClock) -> None:
    for _ in range(2):
        park(world, time)
    take(news())
    first = require_documented("listDisputes", disputes.list_disputes(world.caller, limit=1))
    rest = disputes.list_disputes(world.caller, cursor=first["next_cursor"])
    assert [*first["data"], *rest["data"]] == disputes.list_disputes(world.caller)["data"]
