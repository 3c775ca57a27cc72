"""How the latency of a search grows with the number of lots: one caller, so that nothing waits in a queue."""

from contextlib import ExitStack
from dataclasses import replace

from bench.data import databases
from bench.load import peers, requests, rounds, servers
from bench.load.rounds import Effort
from bench.results import Goal, Line, Row

MOST = 1.5


def measure(effort: Effort) -> Line:
    """Let a server on few lots and one on many take turns, on each database."""
    rows: list[Row] = []
    goals: list[Goal] = []
    few, many = effort.growth
    for kind in databases.BOTH:
        with ExitStack() as stack:
            filled = {lots: stack.enter_context(databases.filled(kind, lots=lots)) for lots in (few, many)}
            started = [
                replace(peers.ours(*each.fresh("ours")), name=f"{lots:,} lots")
                for lots, each in filled.items()
            ]
            running = stack.enter_context(servers.running(started))
            asked = {f"{lots:,} lots": each.facts for lots, each in filled.items()}
            taken = rounds.take_turns(
                running,
                lambda name, seed, asked=asked: requests.searching(asked[name], seed=seed),
                callers=1,
                effort=effort,
            )
        rows += [Row(kind, name, rounds.figures(each)) for name, each in taken.items()]
        small, large = taken.values()
        low, grown, high = rounds.ratios(large, small, lambda each: each.percentile(50))
        name = f"{kind}, p50 at {many:,} lots / at {few:,}"
        goals.append(Goal(name, grown, MOST, at_least=False, quartiles=(low, high)))
    return Line("growth", f"Search latency from {few:,} to {many:,} lots, one caller", rows, goals)
