"""The dispatcher's search_parking beside other teams' servers, on both databases."""

from collections.abc import Mapping, Sequence

import httpx

from bench.data import databases
from bench.data.databases import Databases
from bench.data.installation import Facts
from bench.lines.comparison import goals_of, rows_of
from bench.load import peers, requests, rounds, servers
from bench.load.callers import Round
from bench.load.rounds import Effort
from bench.load.servers import Server
from bench.peers import raw_searches
from bench.results import Goal, Line, Row

CALLERS = 8
ALIKE = 50
"""Searches whose answers are compared before anything is measured."""

PEERS = (peers.ours, peers.fastapi, peers.django, peers.connexion)
RAW = "the raw statements"


def measure(effort: Effort) -> Line:
    """Measure on each database, and compare with FastAPI."""
    rows: list[Row] = []
    goals: list[Goal] = []
    for kind in databases.BOTH:
        with databases.filled(kind, lots=effort.lots) as filled:
            taken = _on(filled, effort)
        rows += rows_of(kind, taken)
        goals += goals_of(kind, taken, at_least=1.2, p99_at_most=1.0)
    title = f"Dispatcher search, {effort.lots:,} synthetic lots and the Dutch ones, {CALLERS} callers"
    return Line("search", title, rows, goals)


def _on(filled: Databases, effort: Effort) -> Mapping[str, list[Round]]:
    started = [start(*filled.fresh(start.__name__)) for start in PEERS]
    floor = peers.bare(*filled.fresh(peers.bare.__name__))
    with servers.running([*started, floor]) as running:
        check_answers(running[: len(started)], filled.facts)
        taken = rounds.take_turns(
            running,
            lambda _, seed: requests.searching(filled.facts, seed=seed),
            callers=CALLERS,
            effort=effort,
        )
    url, _ = filled.fresh("raw")
    wanted = requests.searches(filled.facts)
    raw = [raw_searches.run(url, wanted, seconds=effort.seconds) for _ in range(effort.rounds)]
    return {**taken, RAW: raw}


def check_answers(running: Sequence[Server], facts: Facts) -> None:
    """See that every server answers the same; raise AssertionError naming who does not."""
    headers = {"Authorization": f"Bearer {facts.key}"}
    with httpx.Client(headers=headers, timeout=30) as client:
        for parameters in requests.searches(facts)[:ALIKE]:
            body = {"action": "search_parking", "parameters": parameters}
            answers = [client.post(f"{server.url}{requests.PATH}", json=body) for server in running]
            for server, answer in zip(running, answers, strict=True):
                assert answer.status_code == 200, f"{server.peer.name}: {answer.text}"
                assert answer.json() == answers[0].json(), f"{server.peer.name} differs for {parameters}"
