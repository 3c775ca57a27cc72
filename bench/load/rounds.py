"""Rounds that take turns, so that the machine's moods hit all servers alike, and what they come to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bench.load.callers import NextRequest, Round
from bench.load.servers import Server

SETTLE_SECONDS = 0.6
"""Between rounds, so that what a server writes behind its requests does not fall into the next one's time."""

Requests = Callable[[str, int], NextRequest]
"""Takes the server's name and the number of the round, alike for all servers."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a line is measured."""

    rounds: int
    seconds: float
    lots: int
    """Synthetic lots of most lines."""
    growth: tuple[int, int]
    """Synthetic lots from which to which the line of growth goes."""
    warm_up_seconds: float = 2.0


QUICK = Effort(rounds=5, seconds=1.5, lots=10_000, growth=(1_000, 10_000), warm_up_seconds=1.0)
FULL = Effort(rounds=15, seconds=3.0, lots=100_000, growth=(10_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a server's rounds come to: medians of the rounds' figures."""

    per_second: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    cpu_us: float
    """CPU microseconds of the server's process for one request."""


def take_turns(
    servers: Sequence[Server], requests: Requests, *, callers: int, effort: Effort
) -> Mapping[str, list[Round]]:
    """Let every server have its rounds, one server after the other; give the rounds by peer."""
    for server in servers:
        warming = requests(server.peer.name, -1)
        server.round(warming, callers_at_once=callers, seconds=effort.warm_up_seconds)
    taken: dict[str, list[Round]] = {server.peer.name: [] for server in servers}
    for number in range(effort.rounds):
        # Whoever comes first in one round comes last in the next.
        for server in servers if number % 2 else list(reversed(servers)):
            time.sleep(SETTLE_SECONDS)
            asked = requests(server.peer.name, number)
            taken[server.peer.name].append(
                server.round(asked, callers_at_once=callers, seconds=effort.seconds)
            )
    return taken


def figures(rounds: Sequence[Round]) -> Figures:
    """Return the medians of some rounds."""
    return Figures(
        per_second=median(each.per_second for each in rounds),
        p50_ms=median(each.percentile(50) for each in rounds),
        p99_ms=median(each.percentile(99) for each in rounds),
        longest_ms=max(max(each.latencies_ms) for each in rounds),
        cpu_us=median(each.cpu_us for each in rounds),
    )


def ratios(
    ours: Sequence[Round], theirs: Sequence[Round], of: Callable[[Round], float]
) -> tuple[float, float, float]:
    """Compare round by round: lower quartile, median and upper quartile of ours divided by theirs."""
    pairs = [of(mine) / of(other) for mine, other in zip(ours, theirs, strict=True)]
    lower, middle, upper = quantiles(pairs, n=4, method="inclusive")
    return lower, middle, upper
