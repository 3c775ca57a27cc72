"""Everything that the contract says can happen has been seen to happen."""

from collections.abc import Mapping

import pytest

from app.contract.document import Contract
from gate import traffic
from gate.cells import Cells
from gate.conformity import Judge
from gate.figures import Figures
from gate.fuzzing import Run
from gate.traffic import Recorder
from gate.unreachable import EXEMPT


@pytest.fixture(scope="session")
def reached(
    fuzzed: Mapping[str, Run], recorder: Recorder, contract: Contract, judge: Judge
) -> dict[str, set[str]]:
    """Collect the cells that all traffic of this run reached, by operation."""
    cells = Cells(contract, judge)
    found: dict[str, set[str]] = {operation: set() for operation in contract.operations}
    if not all(run.traffic for run in fuzzed.values()):
        pytest.skip("this profile keeps no traffic to look into")
    paths = [run.traffic for run in fuzzed.values() if run.traffic] + [recorder.path]
    for exchange in traffic.read(paths):
        found[exchange.operation] |= cells.reached(exchange)
    return found


def test_every_cell_of_the_contract_was_reached(
    reached: dict[str, set[str]], contract: Contract, judge: Judge, figures: Figures
) -> None:
    wanted = Cells(contract, judge).all()
    every = {(operation, cell) for operation, cells in wanted.items() for cell in cells}
    seen = {(operation, cell) for operation, cells in reached.items() for cell in cells}
    exempt = {each for each in every if any(entry.covers(*each) for entry in EXEMPT)}
    missing = sorted(every - seen - exempt)
    figures.say(
        "cells",
        f"{len(every & seen)} of {len(every)} reached, {len(exempt - seen)} exempt with a reason",
        table=[f"not reached: {operation} {cell}" for operation, cell in missing],
    )
    assert not missing, "\n".join(map(" ".join, missing))
    assert not exempt & seen, f"exempt, but reached: {sorted(exempt & seen)}"


def test_every_exemption_still_exempts_something(contract: Contract, judge: Judge) -> None:
    every = [(operation, cell) for operation, cells in Cells(contract, judge).all().items() for cell in cells]
    idle = [entry for entry in EXEMPT if not any(entry.covers(*each) for each in every)]
    assert idle == []
