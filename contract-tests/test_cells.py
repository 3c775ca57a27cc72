"""Everything that the contract says can happen has been seen to happen, whatever the fuzzer came upon."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.contract.document import Contract
from gate import traffic
from gate.cells import Cells
from gate.conformity import Judge
from gate.figures import Figures
from gate.fuzzing import Run
from gate.traffic import Recorder
from gate.unreachable import EXEMPT

Cell = tuple[str, str]
"""An operation, and what can happen in it."""


@pytest.fixture(scope="session")
def cells(contract: Contract, judge: Judge) -> Cells:
    """Name what can happen."""
    return Cells(contract, judge)


@pytest.fixture(scope="session")
def every(cells: Cells) -> set[Cell]:
    """List every cell."""
    return {(operation, cell) for operation, named in cells.all().items() for cell in named}


@pytest.fixture(scope="session")
def exempt(every: set[Cell]) -> set[Cell]:
    """List the cells that nothing reaches."""
    return {each for each in every if any(entry.covers(*each) for entry in EXEMPT)}


def reached(cells: Cells, *files: Path) -> set[Cell]:
    """Collect the cells that recorded traffic reached."""
    return {
        (exchange.operation, cell) for exchange in traffic.read(files) for cell in cells.reached(exchange)
    }


def test_a_witness_reached_every_cell_of_the_contract(
    cells: Cells, every: set[Cell], exempt: set[Cell], recorder: Recorder, figures: Figures
) -> None:
    seen = reached(cells, recorder.path)
    missing = sorted(every - seen - exempt)
    figures.say(
        "cells",
        f"{len(every & seen)} of {len(every)} reached by hand, {len(exempt - seen)} exempt with a reason",
        table=[f"not reached: {operation} {cell}" for operation, cell in missing],
    )
    assert not missing, "\n".join(map(" ".join, missing))
    assert not exempt & seen, f"exempt, but reached: {sorted(exempt & seen)}"


def test_the_fuzzer_reached_no_cell_that_is_exempt(
    cells: Cells, exempt: set[Cell], fuzzed: Mapping[str, Run]
) -> None:
    kept = [run.traffic for run in fuzzed.values() if run.traffic]
    if not kept:
        pytest.skip("this profile keeps no traffic to look into")
    seen = reached(cells, *kept)
    assert not exempt & seen, f"exempt, but reached: {sorted(exempt & seen)}"


def test_every_exemption_still_exempts_something(every: set[Cell]) -> None:
    idle = [entry for entry in EXEMPT if not any(entry.covers(*each) for each in every)]
    assert idle == []
