"""Many callers creating sessions on SQLite at once: nobody waits long, and no throughput is lost."""

from statistics import median

from bench.data import databases
from bench.load import peers, requests, rounds, servers
from bench.load.rounds import Effort
from bench.results import Goal, Line, Row

FEW, MANY = 8, 64


def measure(effort: Effort) -> Line:
    """Let few and many callers take turns at one server."""
    taken = {FEW: [], MANY: []}
    with (
        databases.filled(databases.SQLITE, lots=effort.lots) as filled,
        servers.running([peers.ours(*filled.fresh("ours"))]) as [server],
    ):
        for callers in [FEW, MANY] * effort.rounds:
            asked = requests.creating(filled.facts, lot_ids=filled.facts.lot_ids)
            taken[callers].append(server.round(asked, callers_at_once=callers, seconds=effort.seconds))
    rows = [
        Row(databases.SQLITE, f"{callers} callers", rounds.figures(each)) for callers, each in taken.items()
    ]
    many = taken[MANY]
    low, kept, high = rounds.ratios(many, taken[FEW], lambda each: each.per_second)
    unevenness = median(each.percentile(99) / each.percentile(50) for each in many)
    longest = median(max(each.latencies_ms) for each in many) / 1000
    goals = [
        Goal(f"{MANY} callers, p99 / p50", unevenness, 3.0, at_least=False),
        Goal(f"{MANY} callers, longest wait in seconds", longest, 1.0, at_least=False),
        Goal(f"requests per second, {MANY} callers / {FEW}", kept, 0.9, at_least=True, quartiles=(low, high)),
    ]
    return Line("crowd", f"{FEW} and {MANY} callers creating sessions on SQLite", rows, goals)
