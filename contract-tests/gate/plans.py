"""Which runs of Schemathesis make up the gate, and in which lanes they go beside each other.

Schemathesis begins a chain of operations only where it believes that random data succeeds, and that is at
the keys, else at the audit log, else at the lots; left to itself it would never start a session. So drivers,
those who run lots, those who read the audit log, and keys have a run of chains each.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.contract.document import Contract, Operation
from gate import focus
from gate.fuzzing import TWO_KEYS, Fuzzer, Plan, Run
from gate.profiles import Effort

NAMES = (
    "fuzzing",
    "chains",
    "chains of lots",
    "chains of audits",
    "chains of keys",
    "two keys",
    "actions",
    "few fields",
)

_FEW = 6
_ALL_PHASES = ("--phases", "examples,coverage,fuzzing")
_CHAINS = ("--phases", "stateful", "--max-time")
_WITH_A_KEY = ("--generation-with-security-parameters", "false")
"""Else half of what is to be invalid has a wrong key, which other plans try often enough."""
_MAKING_LOTS = ("inventory", "agent_access")
_AUDITED = "audit"
_MONEY_AND_PROJECTS = ("disputes", "ledger", "payout_accounts", "projects")
_TELLING = ("webhooks", "events")
_OF_LOTS = ("lots", "availability", "rates")
"""What both drivers and those who run lots look at."""
_CHANGING_LOTS = ("setRates", "reportOccupancy", "listLotsGeoJson")
_AGENTS = ("registerAgent", "listAgents")


def carry_out(fuzzer: Fuzzer, contract: Contract) -> Mapping[str, Run]:
    """Carry every plan out, in two lanes; return the runs by name."""
    effort = fuzzer.profile.effort
    lanes = (_wide(effort), _narrow(effort, contract, fuzzer.reports))
    with ThreadPoolExecutor() as threads:
        runs = threads.map(lambda lane: [fuzzer.run(plan) for plan in lane], lanes)
        return {run.name: run for lane in runs for run in lane}


def briefly(effort: Effort) -> Plan:
    """Plan a few examples per operation: the same contract on other ground."""
    return Plan("postgresql", ["--phases", "examples,fuzzing", *_examples(effort.brief_examples)])


def through_prism(document: Path, effort: Effort) -> Plan:
    """Plan valid cases for a referee between Schemathesis and the server.

    The referee writes JSON anew, to which no signature of Stripe's fits any more.
    """
    return Plan(
        "prism",
        [
            *("--phases", "examples,fuzzing", "--mode", "positive", *_examples(effort.refereed_examples)),
            "--exclude-operation-id=receiveStripeEvent",
        ],
        document=str(document),
    )


def _wide(effort: Effort) -> Sequence[Plan]:
    """Plan what goes over everything: phase after phase, chains of operations, one key after the other."""
    of_others = ("keys", *_MAKING_LOTS, _AUDITED, *_MONEY_AND_PROJECTS, *_TELLING)
    of_drivers = _each("--exclude-tag", *of_others)
    of_drivers += _each("--exclude-operation-id", *_CHANGING_LOTS, *_AGENTS)
    of_keys = [*_each("--include-tag", "keys", *_TELLING), *_each("--include-operation-id", *_AGENTS)]
    return (
        Plan("fuzzing", [*_ALL_PHASES, *_examples(effort.examples)]),
        Plan("chains", [*_CHAINS, str(effort.chain_seconds), *of_drivers]),
        Plan("chains of keys", [*_CHAINS, str(effort.key_chain_seconds), *of_keys]),
        Plan(
            "two keys",
            ["--phases", "fuzzing", "--mode", "positive", *_examples(effort.brief_examples)],
            configuration=TWO_KEYS,
        ),
    )


def _narrow(effort: Effort, contract: Contract, reports: Path) -> Sequence[Plan]:
    """Plan what would be starved of cases: each action by itself, and operations with few fields."""
    actions = reports / "actions.json"
    actions.write_text(json.dumps(focus.document(contract)), encoding="utf-8")
    few = [f"--include-operation-id={name}" for name in _with_few_fields(contract)]
    of_lots = _each("--include-tag", *_MAKING_LOTS, *_OF_LOTS, *_MONEY_AND_PROJECTS)
    of_audits = _each("--include-tag", *_MAKING_LOTS, *_OF_LOTS, _AUDITED)
    return (
        Plan("chains of lots", [*_CHAINS, str(effort.lot_chain_seconds), *of_lots]),
        Plan("chains of audits", [*_CHAINS, str(effort.audit_chain_seconds), *of_audits]),
        Plan("actions", ["--phases", "fuzzing", *_examples(effort.focus_examples)], document=str(actions)),
        Plan(
            "few fields",
            ["--phases", "fuzzing", *_examples(effort.few), *_WITH_A_KEY, *few],
            spoils=True,
        ),
    )


def _each(option: str, *values: str) -> list[str]:
    return [f"{option}={value}" for value in values]


def _examples(number: int) -> tuple[str, str]:
    return "-n", str(number)


def _with_few_fields(contract: Contract) -> list[str]:
    counted = {operation.id: _fields(contract, operation) for operation in contract.operations.values()}
    return [name for name, count in counted.items() if 0 < count <= _FEW]


def _fields(contract: Contract, operation: Operation) -> int:
    """Count what a caller may fill in; a choice of variants is never few."""
    pointer = operation.body_schema_pointer
    body = contract.at(pointer) if pointer else {}
    variants = len(body.get("oneOf", ())) * _FEW
    return len(operation.parameters) + len(body.get("properties", ())) + variants
