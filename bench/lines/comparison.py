"""What rounds of several servers say of ours."""

from collections.abc import Mapping

from bench.load import peers, rounds
from bench.load.callers import Round
from bench.results import Goal, Row


def rows_of(kind: str, taken: Mapping[str, list[Round]]) -> list[Row]:
    """Return a row of the table for each server."""
    return [Row(kind, name, rounds.figures(each)) for name, each in taken.items()]


def goals_of(
    kind: str, taken: Mapping[str, list[Round]], *, at_least: float, p99_at_most: float | None = None
) -> list[Goal]:
    """Compare ours with FastAPI's, round by round."""
    ours, theirs = taken[peers.OURS], taken[peers.FASTAPI]
    low, rate, high = rounds.ratios(ours, theirs, lambda each: each.per_second)
    name = f"{kind}, requests per second / FastAPI's"
    goals = [Goal(name, rate, at_least, at_least=True, quartiles=(low, high))]
    if p99_at_most is not None:
        low, wait, high = rounds.ratios(ours, theirs, lambda each: each.percentile(99))
        name = f"{kind}, p99 / FastAPI's"
        goals.append(Goal(name, wait, p99_at_most, at_least=False, quartiles=(low, high)))
    return goals
