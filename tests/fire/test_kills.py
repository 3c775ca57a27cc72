"""Processes die by SIGKILL at random moments: nothing acknowledged is lost, nothing charged twice or held on.

The same seed plans the same cars and victims, and kills after as many answers; at which point of its work a
process dies is chance.
"""

import asyncio
import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from app import database
from app.domain import clock
from app.domain.ids import uuid7
from app.domain.money import Money
from app.domain.tariffs import Tariff as Prices
from app.gateways import processors
from app.models import Project, Tariff
from app.settings import from_environment
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.factories import keep, make_lot
from tests.fire.killing import VICTIMS, Mortal, mortal
from tests.fire.ledgers import wrong_in_the_ledgers
from tests.fire.stays import Drivers, make_stays
from tests.fire.town import make_keys, make_sandbox
from tests.fire.truths import unfinished
from tests.fire.wire import play
from tests.installation import configure
from tests.profiles import pick
from tests.servers import environment

KILLS = pick(short=10, full=100)
STAYS = pick(short=250, full=5_000)
"""Of each database; both run at once, beside each other."""
CLIENTS = 8
MOST = Money.from_major("10.00", "USD")
RATES = ("6.00", "9.40", "13.33")
SETTLED_WITHIN_SECONDS = 60
PATIENCE_SECONDS = pick(short=300, full=7_200)
ASKED_AGAIN = 40


@dataclass(slots=True)
class Campaign:
    """One database with its installation, its drivers, and whoever kills."""

    name: str
    settings: Mapping[str, str]
    installation: Mortal
    project_id: UUID
    drivers: Drivers
    chance: random.Random

    async def run(self) -> None:
        """Carry every stay out while processes die, then stop killing and let all come to rest."""
        killing = asyncio.create_task(self._kill_now_and_then())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.drivers.live(clients=CLIENTS)
        await killing

    async def _kill_now_and_then(self) -> None:
        """Kill after so many answers, and then somewhere in the middle of what comes next."""
        between = STAYS * 4 * 9 // 10 // KILLS
        for whom in self.chance.sample(VICTIMS * (KILLS // len(VICTIMS)), KILLS):
            goal = self.drivers.acknowledged + self.chance.randint(between // 2, between * 3 // 2 - 1)
            while self.drivers.acknowledged < goal and not self.drivers.is_over:
                await asyncio.sleep(0.01)
            await asyncio.sleep(self.chance.uniform(0, 0.1))
            while not await asyncio.to_thread(self.installation.kill, whom, chance=self.chance):
                await asyncio.sleep(0.1)  # those who serve died just now

    def faults(self) -> list[str]:
        """Wait until nothing is under way, and compare what was told, what we know and what was paid."""
        with connected(self.settings):
            while left := unfinished():
                seconds = time.monotonic() - self.installation.last_kill_at
                if seconds > SETTLED_WITHIN_SECONDS:
                    return [f"{left} things are still under way after {seconds:.0f} s"]
                time.sleep(0.2)
            before = self._wrong()
            again = play(self._ask_again)
            return [*self.drivers.faults, *before, *again, *self._wrong()]

    def _wrong(self) -> list[str]:
        processor = self.installation.home / "processor.sqlite3"
        return wrong_in_the_ledgers(self.drivers.finished, project_id=self.project_id, processor=processor)

    async def _ask_again(self) -> list[str]:
        """Send requests that were answered once more: the same is answered, and nothing more is done."""
        stays = self.chance.sample(self.drivers.finished, min(ASKED_AGAIN, len(self.drivers.finished)))
        faults = []
        for stay in stays:
            step = self.chance.choice(("create", "end", "refund"))
            answer = await self.drivers.again(stay, step)
            subject = "refund" if step == "refund" else "session"
            first = stay.told[step][subject]["id"]
            if answer.status not in {200, 201} or answer.body[subject]["id"] != first:
                faults.append(f"{step} of {stay.plate} again: {answer.status} {answer.body}")
        return faults


@contextmanager
def connected(settings: Mapping[str, str]) -> Iterator[None]:
    """Connect this process to an installation while the block runs."""
    configure(from_environment(settings))
    try:
        yield
    finally:
        processors.close()
        database.engine().dispose()


def make_lots(project: Project) -> list[str]:
    """Make lots whose stays never cost more than was held for them, however long they take."""
    tariffs = [
        Tariff(
            id=uuid7(),
            operator_id=project.operator_id,
            currency="USD",
            rules=Prices(hourly_rate=Money.from_major(rate, "USD"), daily_maximum=MOST).as_json(),
            created_at=clock.now(),
        )
        for rate in RATES
    ]
    keep(*tariffs)
    lots = [make_lot(project=project, capacity=STAYS, rate=None, tariff_id=tariff.id) for tariff in tariffs]
    return [str(lot.id) for lot in lots]


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("SEED") or secrets.randbelow(2**31))


@pytest.fixture
def campaigns(
    sqlite_databases: SqliteDatabases,
    durable_postgres_databases: PostgresDatabases,
    tmp_path: Path,
    seed: int,
) -> Iterator[list[Campaign]]:
    """Prepare a campaign on each database."""
    urls = {"sqlite": sqlite_databases.fresh(), "postgresql": durable_postgres_databases.fresh()}
    with ExitStack() as running:
        yield [prepare(running, tmp_path / name, url, seed=seed) for name, url in urls.items()]
    durable_postgres_databases.drop(urls["postgresql"])


def prepare(running: ExitStack, home: Path, url: str, *, seed: int) -> Campaign:
    home.mkdir()
    more = {"PARKGRAPH_DATABASE_URL": url, "PARKGRAPH_SWEEP_SECONDS": "1", "PARKGRAPH_THREADS": "8"}
    with connected(environment(home, **more)):
        project = make_sandbox()
        lots, [key] = make_lots(project), make_keys(project, number=1)
    installation = running.enter_context(mortal(home, more))
    drivers = Drivers(installation.port, key, make_stays(STAYS, lots, seed=seed, name=home.name))
    chance = random.Random(f"{seed} {home.name} kills")
    return Campaign(home.name, environment(home, **more), installation, project.id, drivers, chance)


async def all_of(campaigns: list[Campaign]) -> None:
    await asyncio.gather(*(campaign.run() for campaign in campaigns))


def test_nothing_acknowledged_is_lost_and_nothing_is_charged_twice(
    campaigns: list[Campaign], seed: int
) -> None:
    began = time.monotonic()
    play(lambda: all_of(campaigns))
    faults = [f"{each.name}: {fault}" for each in campaigns for fault in each.faults()]
    for each in campaigns:
        drivers, killed = each.drivers, each.installation.killed
        stays = len(drivers.finished)
        print(
            f"\nSEED={seed} {each.name}: {stays} stays, {killed.total()} kills {dict(killed)},"
            f" {drivers.interrupted} requests unheard, {time.monotonic() - began:.0f} s"
        )
    assert not faults, "\n".join([f"SEED={seed}", *faults[:40]])
    for each in campaigns:
        assert len(each.drivers.finished) == STAYS
        assert each.installation.killed.total() == KILLS
        assert each.drivers.interrupted > 0
