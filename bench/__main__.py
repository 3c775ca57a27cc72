"""Run the benchmarks and print their figures: `python -m bench` (about two minutes)."""

import asyncio
import warnings

from bench import memory
from bench.frame import drive, fastapi_peer, our_peer, stock_peer

ROUNDS, REQUESTS = 21, 200
WARM_UP = 3
GOALS = {"FastAPI": 1.0, "stock Connexion FlaskApp": 0.5}


async def frame() -> None:
    """Print CPU microseconds per request of the chain and its peers, and the ratios."""
    peers = _peers()
    await drive.measure(peers, rounds=WARM_UP, requests=REQUESTS)
    figures = drive.medians(await drive.measure(peers, rounds=ROUNDS, requests=REQUESTS))
    print(f"frame: CPU µs per request, medians of {ROUNDS} interleaved rounds of {REQUESTS} requests")
    for kind in drive.KINDS:
        print(f"  {kind.name}")
        ours = figures["Park Graph", kind.name]
        for name in peers:
            theirs = figures[name, kind.name]
            goal = GOALS.get(name)
            verdict = "" if goal is None else _verdict(ours / theirs, goal)
            print(f"    {name:26}{theirs:7.0f}{verdict}")


def _verdict(ratio: float, goal: float) -> str:
    return f"   ratio {ratio:.2f}, goal at most {goal}: {'met' if ratio <= goal else 'MISSED'}"


def _peers() -> dict[str, drive.Application]:
    return {
        "Park Graph": our_peer.make_app(),
        "FastAPI": fastapi_peer.app,
        "stock Connexion FlaskApp": stock_peer.make_app(),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(frame())
    memory.main()
