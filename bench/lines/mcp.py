"""The tool search_parking over MCP beside the same tool on the package's high-level server, in both eras.

That server stands there twice: with a search of its own, the same statements through SQLAlchemy, as another
team would have it; and with the very function that our tool calls. The second ratio is the stricter one: it
compares what stands around a search, and a search that gets faster makes both faster.

Each server is started several times: where a process lies in memory alone makes it up to 6 % faster or slower
than another one of the same code, for as long as it runs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil

import httpx

from bench.data import databases
from bench.data.databases import Databases
from bench.data.installation import Facts
from bench.lines.comparison import rows_of
from bench.load import peers, requests, rounds, servers
from bench.load.callers import Round
from bench.load.rounds import Effort
from bench.load.servers import Server
from bench.results import Goal, Line, Row

CALLERS = 8
RIVALS = (peers.mcp, peers.mcp_over_our_search)
STARTS = 3
"""Times that each server is started; the rounds are shared out among them."""
ALIKE = 50
"""Calls whose answers are compared before anything is measured."""
AT_LEAST = 2.0


def measure(effort: Effort) -> Line:
    """Measure on each database, in each era of the protocol."""
    rows: list[Row] = []
    goals: list[Goal] = []
    for kind in databases.BOTH:
        with databases.filled(kind, lots=effort.lots) as filled:
            for version in requests.MCP_VERSIONS:
                taken = _on(filled, effort, version=version)
                rows += rows_of(f"{kind}, {version}", taken)
                goals += _goals(f"{kind}, {version}", taken)
    title = f"tools/call search_parking, {effort.lots:,} synthetic lots and the Dutch ones, {CALLERS} callers"
    return Line("mcp", title, rows, goals)


def _on(filled: Databases, effort: Effort, *, version: str) -> Mapping[str, list[Round]]:
    taken: dict[str, list[Round]] = defaultdict(list)
    each = replace(effort, rounds=ceil(effort.rounds / STARTS))
    for number in range(STARTS):
        for name, taken_now in _once(filled, each, version=version, number=number).items():
            taken[name] += taken_now
    return taken


def _once(filled: Databases, effort: Effort, *, version: str, number: int) -> Mapping[str, list[Round]]:
    name, first = f"{version}-{number}", number * effort.rounds
    started = [start(*filled.fresh(f"{start.__name__}-{name}")) for start in (peers.ours, *RIVALS)]
    with servers.running(started) as running:
        check_answers(running, filled.facts)
        return rounds.take_turns(
            running,
            lambda _, seed: requests.calling(filled.facts, seed=first + seed, version=version),
            callers=CALLERS,
            effort=effort,
        )


def _goals(name: str, taken: Mapping[str, list[Round]]) -> Iterator[Goal]:
    for rival in (peers.MCP_SERVER, peers.MCP_OVER_OUR_SEARCH):
        low, rate, high = rounds.ratios(taken[peers.OURS], taken[rival], lambda each: each.per_second)
        told = f"{name}, requests per second / those of {rival}"
        yield Goal(told, rate, AT_LEAST, at_least=True, quartiles=(low, high))


def check_answers(running: Sequence[Server], facts: Facts) -> None:
    """See that all servers find the same, in both eras; raise AssertionError naming who does not."""
    with httpx.Client(timeout=30) as client:
        for version in requests.MCP_VERSIONS:
            for parameters in requests.searches(facts)[:ALIKE]:
                body, headers = requests.call(parameters, version=version)
                headers = {"Authorization": f"Bearer {facts.key}"} | headers
                answers = [client.post(f"{server.url}/mcp", json=body, headers=headers) for server in running]
                found = [_found(answer) for answer in answers]
                assert all(each == found[0] for each in found), f"{found} differ for {parameters}"


def _found(answer: httpx.Response) -> object:
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    assert not result["isError"], result
    # Pydantic's models say null for what is not known, where ours say nothing.
    lots = result["structuredContent"]["lots"]
    return [{name: value for name, value in lot.items() if value is not None} for lot in lots]
