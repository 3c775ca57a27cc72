"""Schemathesis against the live server: every operation, every phase, every check, nothing to find.

The answers to valid and invalid cases are counted from the recorded traffic, not from what the tool claims.
"""

from collections import Counter
from collections.abc import Mapping

import pytest

from app.contract.document import Contract
from gate import focus, plans, traffic
from gate.figures import Figures
from gate.fuzzing import Run
from gate.traffic import Exchange

CASES_AT_LEAST = 50
ACCEPTED_PER_ACTION_AT_LEAST = 20
LINKS_AT_LEAST = 0.75
REFUSED_AS_INVALID = frozenset({400, 413, 415})
"""What an invalid request is refused with; answers about keys and states (401, 404, 409) do not count."""


@pytest.mark.parametrize("name", plans.NAMES)
def test_schemathesis_finds_nothing(fuzzed: Mapping[str, Run], figures: Figures, name: str) -> None:
    run = fuzzed[name]
    operations, faults, links = run.report["operations"], run.shortcomings(), run.links
    figures.say(
        f"schemathesis: {name}",
        (
            f"{links[0]} of {links[1]} links"
            if links
            else f"{operations['tested']} of {operations['total']} operations"
        )
        + f", {run.cases} cases, {len(run.report['failures'])} failures, {run.seconds:.0f} s",
    )
    assert not faults, "\n".join([*faults, run.output[-12_000:]])


def test_all_operations_were_fuzzed(fuzzed: Mapping[str, Run], contract: Contract) -> None:
    assert fuzzed["fuzzing"].report["operations"]["tested"] == len(contract.operations)


def test_chains_follow_nearly_every_link(fuzzed: Mapping[str, Run]) -> None:
    followed, known = (sum(figures) for figures in zip(*_links(fuzzed), strict=True))
    assert followed >= LINKS_AT_LEAST * known


def _links(fuzzed: Mapping[str, Run]) -> list[tuple[int, int]]:
    return [run.links for run in fuzzed.values() if run.links]


@pytest.fixture(scope="module")
def exchanges(fuzzed: Mapping[str, Run]) -> list[Exchange]:
    """Read what went over the wire; a soak keeps none of it."""
    paths = [run.traffic for run in fuzzed.values() if run.traffic]
    if not paths:
        pytest.skip("this profile keeps no traffic to count")
    return list(traffic.read(paths))


def test_every_operation_that_takes_input_is_accepted_and_refused_often(
    exchanges: list[Exchange], contract: Contract, figures: Figures
) -> None:
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    others: dict[str, Counter[int]] = {}
    for exchange in exchanges:
        if exchange.accepted:
            accepted[exchange.operation] += 1
        elif exchange.status in REFUSED_AS_INVALID:
            refused[exchange.operation] += 1
        else:
            others.setdefault(exchange.operation, Counter())[exchange.status] += 1
    taking_input = [
        operation.id
        for operation in contract.operations.values()
        if operation.parameters or operation.body_media_types
    ]
    table = [
        f"{name:<24}{accepted[name]:>6} accepted{refused[name]:>7} refused   {_others(others.get(name))}"
        for name in taking_input
    ]
    short = [name for name in taking_input if min(accepted[name], refused[name]) < CASES_AT_LEAST]
    figures.say(
        "cases per operation",
        f"{len(taking_input)} operations take input; fewest accepted "
        f"{min(accepted[name] for name in taking_input)}, fewest refused "
        f"{min(refused[name] for name in taking_input)}",
        table=table,
    )
    assert not short, "\n".join(table)


def _others(counted: Counter[int] | None) -> str:
    return ", ".join(f"{status} × {count}" for status, count in sorted((counted or {}).items()))


def test_every_action_of_the_dispatchers_is_accepted_often(
    exchanges: list[Exchange], contract: Contract, figures: Figures
) -> None:
    actions = [
        (operation.id, action)
        for operation in contract.operations.values()
        if operation.dispatches
        for action in focus.variants(contract, operation.body_schema_pointer or "")
    ]
    counted: Counter[tuple[str, str]] = Counter(
        (exchange.operation, exchange.sent["action"])
        for exchange in exchanges
        if exchange.operation.startswith("dispatch") and exchange.accepted
    )
    table = [
        f"{operation:<24}{action:<20}{counted[operation, action]:>5} accepted"
        for operation, action in actions
    ]
    figures.say(
        "actions",
        f"{len(actions)} actions, fewest accepted {min(counted[each] for each in actions)}",
        table=table,
    )
    assert min(counted[each] for each in actions) >= ACCEPTED_PER_ACTION_AT_LEAST, "\n".join(table)
