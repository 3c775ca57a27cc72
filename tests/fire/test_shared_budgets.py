"""Budgets of four workers over one Redis, in bursts, while it dies and when it comes back."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app import database
from app.services import installation
from app.settings import Settings
from tests.databases import SqliteDatabases
from tests.factories import make_key, make_operator, make_project
from tests.fire.budget_log import BudgetLog, Request, largest_burst
from tests.fire.fleet import Machine, fleet, one_to_each_worker
from tests.profiles import pick
from tests.redis_server import RedisServer

WORKERS = 4
SHARED_SECONDS = pick(short=14.0, full=600.0)
ALONE_SECONDS = 4.0
AGAIN_SECONDS = 5.0
LAST_PAUSE_SECONDS = 4.0
"""Redis is asked again one, three and seven seconds after it was lost."""
SEED = 20261122
SEARCH = "/api/v1/lots/search?address=nowhere"
STEADY, BURSTY, PATIENT = 600, 120, 30
FORGIVEN = 0.01
"""Of a token: what the buckets themselves forgive, and rounding."""

Work = Callable[[], None]


class Callers:
    """Threads that call until they are told to stop."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.has_ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, work: Work) -> None:
        """Let a thread work."""
        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()

    def saturate(self, log: BudgetLog) -> None:
        """Ask every worker without end."""
        for connection in one_to_each_worker(self.machine, workers=WORKERS):

            def call(connection=connection) -> None:  # type: ignore[no-untyped-def] # bound in the loop
                while not self.has_ended.wait(0.01):
                    log.ask(connection)
                connection.close()

            self.start(call)

    def burst(self, log: BudgetLog) -> None:
        """Ask all workers at once, now and then."""
        dice = random.Random(SEED)
        connections = one_to_each_worker(self.machine, workers=WORKERS)

        def call() -> None:
            while not self.has_ended.wait(dice.uniform(0.5, 3.0)):
                for _ in range(dice.randint(5, 40)):
                    log.ask(dice.choice(connections))
                for connection in connections:
                    connection.close()  # idle, the server would close it; a new one opens by itself

        self.start(call)

    def wait_as_told(self, log: BudgetLog, obeyed: list[Request], *, until: float) -> None:
        """Ask until it is refused, wait as long as the refusal says, and ask once more."""
        connection = self.machine.connect()

        def call() -> None:
            while not self.has_ended.is_set():
                answer = log.ask(connection)
                if answer.was_admitted:
                    continue
                connection.close()  # idle, the server would close it; a new one opens by itself
                time.sleep(max(0.0, answer.received + answer.retry_after - time.time()))
                again = log.ask(connection)
                if again.received < until:
                    obeyed.append(again)
            connection.close()

        self.start(call)

    def stop(self) -> None:
        """Let all of them end."""
        self.has_ended.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def calling(machine: Machine) -> Iterator[Callers]:
    """Let threads call until the block ends."""
    callers = Callers(machine)
    try:
        yield callers
    finally:
        callers.stop()


def keys_with(budgets: list[int], *, url: str, home: Path) -> list[BudgetLog]:
    """Make a key for each budget."""
    settings = Settings(home=home, database_url=url, threads=2)
    engine = database.configure(settings)
    installation.configure(settings)
    project = make_project(operator=make_operator(), kind="live")
    made = [make_key(project=project, scopes=["lots:read"], budgets={"search": each}) for each in budgets]
    engine.dispose()
    return [BudgetLog(key.secret, SEARCH) for key in made]


def test_four_workers_keep_budgets_together_alone_and_together_again(
    sqlite_databases: SqliteDatabases, redis: RedisServer, tmp_path: Path
) -> None:
    url = sqlite_databases.fresh()
    steady, bursty, *patient = keys_with([STEADY, BURSTY, *[PATIENT] * 3], url=url, home=tmp_path)
    settings = {"PARKGRAPH_DATABASE_URL": url, "PARKGRAPH_REDIS_URL": redis.url}
    obeyed: list[Request] = []
    with fleet(tmp_path, machines=1, workers=WORKERS, **settings) as [machine], calling(machine) as callers:
        killed = time.time() + SHARED_SECONDS
        callers.saturate(steady)
        callers.burst(bursty)
        for log in patient:
            callers.wait_as_told(log, obeyed, until=killed)
        time.sleep(max(0.0, killed - time.time()))
        redis.kill()
        lost = time.time()
        time.sleep(ALONE_SECONDS)
        restarted = time.time()
        redis.start()
        time.sleep(LAST_PAUSE_SECONDS + AGAIN_SECONDS)
    log_of_workers = machine.log

    everything = [each for log in (steady, bursty, *patient) for each in log.requests]
    assert {each.status for each in everything} == {200, 429}

    # Together: no window is given more than its budget and what refills, and nothing that refills is lost.
    for log, budget in ((steady, STEADY), (bursty, BURSTY), *((log, PATIENT) for log in patient)):
        assert largest_burst(log.admitted(until=killed), per_minute=budget) <= budget + FORGIVEN
        # Killed: at most one more for each worker.
        until = log.admitted(until=restarted)
        assert largest_burst(until, per_minute=budget) <= budget + WORKERS + FORGIVEN
        # Back, with nothing in it: one more budget, once.
        assert largest_burst(log.admitted(), per_minute=budget) <= 2 * budget + WORKERS + FORGIVEN
    used_up = min(each.received for each in steady.requests if not each.was_admitted)
    served = steady.admitted(since=used_up, until=killed)
    refilled = STEADY * (killed - used_up) / 60
    assert len(served) + WORKERS >= 0.99 * refilled  # one request of each worker is under way at either end
    assert len(obeyed) >= 3
    assert all(each.was_admitted for each in obeyed)

    # Alone each worker shows and counts its part; later all show the whole again.
    alone = {each.limit for each in steady.requests if lost + 0.5 < each.sent and each.received < restarted}
    assert alone == {STEADY // WORKERS}
    last = max(each.sent for each in steady.requests) - 1
    assert {each.limit for each in steady.requests if each.sent > last} == {STEADY}
    # One line each, however many requests met the outage; a busy machine may have had a short one of its own.
    assert WORKERS <= log_of_workers.count("Redis is away") <= 2 * WORKERS
    assert log_of_workers.count("Redis is back") == log_of_workers.count("Redis is away")
