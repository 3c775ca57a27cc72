"""A thousand callers want a lot's last space at the same moment: one gets it, the others hear why not."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

import pytest
from sqlalchemy import func, select

from app import database
from app.models import Lot, LotAvailability, ParkingSession
from tests.fire.town import make_keys, make_last_space, make_sandbox
from tests.fire.wire import Answer, Call, Connection, at_one_barrier, play
from tests.profiles import pick
from tests.servers import Server

CALLERS = 1_000
KEYS = 5
SEEDS = pick(short=range(1), full=range(10))
SEARCH = "/api/v1/lots/search?lat=39.6403&lng=-106.3742"
PAUSE_SECONDS = 0.02


def create(order: dict[str, str], *, key: str, once: str) -> Call:
    return lambda connection: connection.post("/api/v1/sessions", order, key=key, once=once)


def everybody(lot: Lot, keys: Sequence[str], *, seed: int) -> list[Call]:
    """Let each ask for the lot, with one of a few keys, for a plate of its own and once."""
    chance = random.Random(seed)
    order = {"lot_id": str(lot.id), "payment_method": "pm_card_visa"}
    return [
        create(order | {"plate": f"CO-{plate:04}"}, key=chance.choice(keys), once=f"{seed}-{plate}")
        for plate in chance.sample(range(10_000), CALLERS)
    ]


async def search_until(over: asyncio.Event, port: int, *, key: str) -> list[Answer]:
    connection = await Connection.open(port)
    answers = []
    while not over.is_set():
        answers.append(await connection.get(SEARCH, key=key))
        await asyncio.sleep(PAUSE_SECONDS)
    await connection.close()
    return answers


async def burst(port: int, calls: Sequence[Call], *, key: str) -> tuple[list[Answer], list[Answer]]:
    """Make the calls, and search all the while."""
    over = asyncio.Event()
    searching = asyncio.create_task(search_until(over, port, key=key))
    answers = await at_one_barrier(port, calls)
    over.set()
    return answers, await searching


def left_in(lot: Lot) -> tuple[int, int]:
    """Count the free spaces of a lot and its sessions, in the database itself."""
    sessions = select(func.count()).where(ParkingSession.lot_id == lot.id)
    with database.reading() as db:
        return db.get_one(LotAvailability, lot.id).free, db.scalar(sessions) or 0


@pytest.mark.parametrize("seed", SEEDS)
def test_one_of_a_thousand_gets_the_last_space(server: Server, seed: int) -> None:
    project = make_sandbox()
    lot, keys = make_last_space(project), make_keys(project, number=KEYS)
    intents = len(server.intents())

    calls = everybody(lot, keys, seed=seed)
    answers, searches = play(partial(burst, server.port, calls, key=keys[0]))
    report(server, answers, searches)

    assert Counter(answer.status for answer in answers) == {201: 1, 409: CALLERS - 1}
    refusals = [answer.body["error"] for answer in answers if answer.status == 409]
    assert {refusal["code"] for refusal in refusals} == {"CONFLICT"}
    assert {detail["field"] for refusal in refusals for detail in refusal["details"]} == {"lot_id"}
    assert left_in(lot) == (0, 1)
    assert len(server.intents()) - intents == 1
    assert {search.status for search in searches} == {200}


def report(server: Server, answers: Sequence[Answer], searches: Sequence[Answer]) -> None:
    """Say how long everybody waited; pytest shows it with -s."""
    kind = server.settings["PARKGRAPH_DATABASE_URL"].partition(":")[0]
    waits = sorted(answer.seconds for answer in answers)
    found = sorted(search.seconds for search in searches)
    middle, longest = found[len(found) // 2], found[-1]
    print(
        f"\n{kind}: {CALLERS} answers within {waits[-1]:.1f} s; "
        f"{len(found)} searches meanwhile, median {middle * 1000:.0f} ms, longest {longest:.1f} s"
    )
