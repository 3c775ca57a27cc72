"""Many callers creating sessions in one lot on PostgreSQL, beside the same statements without a server."""

from bench.data import databases
from bench.load import peers, requests, rounds, servers
from bench.load.rounds import Effort
from bench.peers import raw_creates
from bench.results import Goal, Line, Row

CALLERS = 32
RAW = "the raw statements"


def measure(effort: Effort) -> Line:
    """Let the server and the bare statements take turns."""
    ours, raw = [], []
    with databases.filled(databases.POSTGRESQL, lots=effort.lots) as filled:
        raw_url, _ = filled.fresh("raw")
        lot_id = filled.facts.lot_ids[0]
        with servers.running([peers.ours(*filled.fresh("ours"))]) as [server]:
            for _ in range(effort.rounds):
                asked = requests.creating(filled.facts, lot_ids=[lot_id])
                ours.append(server.round(asked, callers_at_once=CALLERS, seconds=effort.seconds))
                raw.append(raw_creates.run(raw_url, lot_id, callers=CALLERS, seconds=effort.seconds))
    low, part, high = rounds.ratios(ours, raw, lambda each: each.per_second)
    rows = [
        Row(databases.POSTGRESQL, name, rounds.figures(each))
        for name, each in ((peers.OURS, ours), (RAW, raw))
    ]
    name = f"requests per second / {RAW}'"
    goal = Goal(name, part, 0.5, at_least=True, quartiles=(low, high))
    return Line("hot-lot", f"{CALLERS} callers creating sessions in one lot", rows, [goal])
