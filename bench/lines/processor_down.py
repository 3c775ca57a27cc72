"""Searches while the payment processor hangs and drivers try to pay, beside rounds in which nobody does."""

import json
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from itertools import count

import orjson

from bench.data import databases
from bench.data.databases import Databases
from bench.data.installation import ROOT, Facts
from bench.load import peers, requests, rounds, servers
from bench.load.callers import Round
from bench.load.rounds import Effort
from bench.load.servers import Server
from bench.results import Goal, Line, Row
from tests.ports import free_port

CALLERS = 8
DRIVERS = 16
"""Twice as many as there are threads that may wait for the processor."""
PAUSE_SECONDS = 1.0
HANG_SECONDS = 8
PLENTY = 100_000
QUIET, HANGING = "nobody pays", f"{DRIVERS} drivers at a processor that hangs"
_numbers = count(1)
FAULTY = ROOT / "contract-tests" / "gate" / "faulty_server.py"


def measure(effort: Effort) -> Line:
    """Measure on each database, and compare rounds with and without drivers."""
    rows: list[Row] = []
    goals: list[Goal] = []
    for kind in databases.BOTH:
        with databases.filled(kind, lots=effort.lots) as filled:
            taken = _on(filled, effort)
        rows += [Row(kind, name, rounds.figures(each)) for name, each in taken.items()]
        low, middle, high = rounds.ratios(taken[HANGING], taken[QUIET], lambda each: each.percentile(99))
        name = f"{kind}, p99 while the processor hangs / otherwise"
        goals.append(Goal(name, middle, 2.0, at_least=False, quartiles=(low, high)))
    return Line("processor-down", "Searches while the payment processor hangs", rows, goals)


def _on(filled: Databases, effort: Effort) -> Mapping[str, list[Round]]:
    fault_port = free_port()
    peer = peers.ours(*filled.fresh("ours"))
    command = [sys.executable, str(FAULTY), str(fault_port)]
    taken: dict[str, list[Round]] = {QUIET: [], HANGING: []}
    with servers.running([replace(peer, command=command)]) as [server]:
        _hang(fault_port)
        _search(server, filled.facts, number=-1, seconds=effort.warm_up_seconds)
        for number in range(effort.rounds):
            order = (QUIET, HANGING) if number % 2 else (HANGING, QUIET)
            for name in order:
                if name == QUIET:
                    found = _search(server, filled.facts, number=number, seconds=effort.seconds)
                else:
                    with _paying(server, filled.facts):
                        found = _search(server, filled.facts, number=number, seconds=effort.seconds)
                taken[name].append(found)
    return taken


def _search(server: Server, facts: Facts, *, number: int, seconds: float) -> Round:
    asked = requests.searching(facts, seed=number)
    return server.round(asked, callers_at_once=CALLERS, seconds=seconds)


@dataclass(slots=True)
class _Drivers:
    """People who try to start a session, each again a second after the last answer."""

    server: Server
    facts: Facts
    statuses: Counter[int] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)

    def live(self) -> None:
        """Try until told to stop."""
        while not self.stopping.is_set():
            self.statuses[self._create(next(_numbers))] += 1
            self.stopping.wait(PAUSE_SECONDS)

    def _create(self, number: int) -> int:
        parameters = {"plate": f"D{number}", "idempotency_key": f"driver-{number}"}
        lot = {"lot_id": self.facts.lot_ids[0]}
        body = orjson.dumps({"action": "create_session", "parameters": lot | parameters})
        headers = {"Authorization": f"Bearer {self.facts.key}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request("POST", requests.PATH, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


@contextmanager
def _paying(server: Server, facts: Facts) -> Iterator[None]:
    """Let drivers try to pay while the block runs, and see that none of them could."""
    drivers = _Drivers(server, facts)
    threads = [threading.Thread(target=drivers.live) for _ in range(DRIVERS)]
    for thread in threads:
        thread.start()
    drivers.stopping.wait(PAUSE_SECONDS)  # until all of them wait
    try:
        yield
    finally:
        drivers.stopping.set()
        for thread in threads:
            thread.join()
    if set(drivers.statuses) != {502}:
        raise RuntimeError(f"Drivers were answered {dict(drivers.statuses)}.")


def _hang(fault_port: int) -> None:
    order = {"times": PLENTY, "when": "before", "status": None, "hang_seconds": HANG_SECONDS, "lost": True}
    with socket.create_connection(("127.0.0.1", fault_port), timeout=30) as connection:
        connection.sendall(json.dumps(order).encode() + b"\n")
        assert connection.recv(16) == b"done\n"
