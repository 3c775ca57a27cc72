"""The dispatcher's search_parking beside other teams' servers, on both databases."""

from collections.abc import Mapping, Sequence

import httpx

from bench.data import databases
from bench.data.databases import Databases
from bench.data.installation import Facts
from bench.load import peers, requests, rounds, servers
from bench.load.callers import Round
from bench.load.rounds import Effort
from bench.load.servers import Server
from bench.results import Goal, Line, Row

LOTS = 100_000
CALLERS = 8
ALIKE = 50
"""Searches whose answers are compared before anything is measured."""

PEERS = (peers.ours, peers.fastapi)


def measure(effort: Effort, *, kinds: Sequence[str] = databases.BOTH, lots: int = LOTS) -> Line:
    """Measure on each database, and compare with FastAPI."""
    rows: list[Row] = []
    goals: list[Goal] = []
    for kind in kinds:
        with databases.filled(kind, lots=lots) as filled:
            taken = _on(filled, effort)
        rows += [Row(kind, name, rounds.figures(each)) for name, each in taken.items()]
        goals += _goals(kind, taken)
    title = f"Dispatcher search, {lots:,} synthetic lots and the Dutch ones, {CALLERS} callers"
    return Line("search", title, rows, goals)


def _on(filled: Databases, effort: Effort) -> Mapping[str, list[Round]]:
    started = [start(*filled.fresh(start.__name__)) for start in PEERS]
    with servers.running(started) as running:
        check_answers(running, filled.facts)
        seeds = iter(range(10**9))
        return rounds.take_turns(
            running,
            lambda: requests.searching(filled.facts, seed=next(seeds)),
            callers=CALLERS,
            effort=effort,
        )


def _goals(kind: str, taken: Mapping[str, list[Round]]) -> list[Goal]:
    ours, theirs = taken[peers.OURS], taken[peers.FASTAPI]
    low, rate, high = rounds.ratios(ours, theirs, lambda each: each.per_second)
    lower, wait, upper = rounds.ratios(ours, theirs, lambda each: each.percentile(99))
    return [
        Goal(f"{kind}, requests per second / FastAPI's", rate, 1.2, at_least=True, quartiles=(low, high)),
        Goal(f"{kind}, p99 / FastAPI's", wait, 1.0, at_least=False, quartiles=(lower, upper)),
    ]


def check_answers(running: Sequence[Server], facts: Facts) -> None:
    """See that every server answers the same; raise AssertionError naming who does not."""
    headers = {"Authorization": f"Bearer {facts.key}"}
    with httpx.Client(headers=headers, timeout=30) as client:
        for parameters in requests.searches(facts)[:ALIKE]:
            body = {"action": "search_parking", "parameters": parameters}
            answers = [
                client.post(f"http://127.0.0.1:{server.port}{requests.PATH}", json=body) for server in running
            ]
            for server, answer in zip(running, answers, strict=True):
                assert answer.status_code == 200, f"{server.peer.name}: {answer.text}"
                assert answer.json() == answers[0].json(), f"{server.peer.name} differs for {parameters}"
