"""The dispatcher's create_session beside FastAPI's, on both databases: the same rows, the same durability."""

from bench.data import databases
from bench.lines.comparison import goals_of, rows_of
from bench.load import peers, requests, rounds, servers
from bench.load.rounds import Effort
from bench.results import Goal, Line, Row

CALLERS = 8

PEERS = (peers.ours, peers.fastapi)


def measure(effort: Effort) -> Line:
    """Measure sessions spread over many lots."""
    rows: list[Row] = []
    goals: list[Goal] = []
    for kind in databases.BOTH:
        with databases.filled(kind, lots=effort.lots) as filled:
            started = [start(*filled.fresh(start.__name__)) for start in PEERS]
            with servers.running(started) as running:
                taken = rounds.take_turns(
                    running,
                    lambda _name, _number, facts=filled.facts: requests.creating(
                        facts, lot_ids=facts.lot_ids
                    ),
                    callers=CALLERS,
                    effort=effort,
                )
        rows += rows_of(kind, taken)
        goals += goals_of(kind, taken, at_least=1.0)
    return Line("create", f"Creating sessions in many lots, {CALLERS} callers", rows, goals)
