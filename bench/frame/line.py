"""CPU time per request of our chain and its peers, without a database."""

import asyncio

from bench.frame import drive, fastapi_peer, our_peer, stock_peer
from bench.load.rounds import Effort, Figures
from bench.results import Goal, Line, Row

OURS = "Park Graph"
GOALS = {"FastAPI": 1.0, "stock Connexion FlaskApp": 0.5}
ROUNDS, REQUESTS = 21, 200
WARM_UP = 3


def measure(_: Effort) -> Line:
    """Measure in this process; it takes half a minute, whatever the effort."""
    return asyncio.run(_measured())


async def _measured() -> Line:
    peers = _peers()
    await drive.measure(peers, rounds=WARM_UP, requests=REQUESTS)
    figures = drive.medians(await drive.measure(peers, rounds=ROUNDS, requests=REQUESTS))
    rows = [Row(kind, name, _cpu(value)) for (name, kind), value in figures.items()]
    goals = [
        Goal(
            f"{kind.name}, CPU time / {name}'s",
            figures[OURS, kind.name] / figures[name, kind.name],
            most,
            at_least=False,
        )
        for kind in drive.KINDS
        for name, most in GOALS.items()
    ]
    return Line("frame", "The frame: CPU time per request, no database", rows, goals)


def _cpu(microseconds: float) -> Figures:
    return Figures(per_second=1e6 / microseconds, p50_ms=0, p99_ms=0, longest_ms=0, cpu_us=microseconds)


def _peers() -> dict[str, drive.Application]:
    return {
        OURS: our_peer.make_app(),
        "FastAPI": fastapi_peer.app,
        "stock Connexion FlaskApp": stock_peer.make_app(),
    }
