"""Two hundred people park at random, and at no moment is a space, a session or a cent too many or too few."""

import asyncio
import os
import secrets
import time
from collections.abc import Sequence

from tests.factories import make_lot
from tests.fire.people import History, Person, Place, live_together
from tests.fire.town import make_keys, make_sandbox
from tests.fire.truths import Watch, unfinished, wrong_in_the_books
from tests.fire.wire import play
from tests.profiles import pick
from tests.servers import Server

PEOPLE = 200
SANDBOXES = 4
SPACES = (3, 6, 12)
"""Small lots, so that people get in each other's way."""
SECONDS = pick(short=60, full=600)
LOOK_EVERY_SECONDS = 0.1
SETTLED_WITHIN_SECONDS = 90
LEAST_DEEDS = 10 * SECONDS


def make_place() -> Place:
    """Make a sandbox whose driver authorises nothing by himself."""
    project = make_sandbox()
    lots = {str(make_lot(project=project, capacity=spaces).id): spaces for spaces in SPACES}
    return Place(key=make_keys(project, number=1)[0], lots=lots)


async def live_and_watch(port: int, people: Sequence[Person], history: History, watch: Watch) -> None:
    """Let people live, and look at the database all the while."""
    living = asyncio.create_task(live_together(port, people, history, seconds=SECONDS))
    while not living.done():
        history.faults += await asyncio.to_thread(watch.look)
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    await living


def settle() -> None:
    """Wait until the worker has finished what was under way."""
    deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
    while unfinished():
        assert time.monotonic() < deadline, f"{unfinished()} things are still under way"
        time.sleep(0.2)


def test_nothing_is_ever_too_many_or_too_few(server: Server) -> None:
    seed = int(os.environ.get("SEED") or secrets.randbelow(2**31))
    places = [make_place() for _ in range(SANDBOXES)]
    people = [Person(number, places[number % SANDBOXES], seed=seed) for number in range(PEOPLE)]
    history, watch = History(), Watch()

    play(lambda: live_and_watch(server.port, people, history, watch))
    settle()
    faults = (
        history.faults + watch.look() + wrong_in_the_books({each["id"]: each for each in server.intents()})
    )

    print(f"\nSEED={seed}: {watch.looks} snapshots, {dict(sorted(history.deeds.items()))}")
    assert not faults, "\n".join([f"SEED={seed}", *history.tail, "", *faults[:20]])
    assert history.deeds.total() > LEAST_DEEDS
    assert {"completed", "expired", "failed"} <= watch.seen
    assert "Traceback" not in server.log
