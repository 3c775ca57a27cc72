"""Everything that the contract says can happen has been seen to happen, whatever the fuzzer came upon."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from app.contract.document import Contract
from gate import traffic
from gate.cells import Cells
from gate.conformity import Judge
from gate.figures import Figures
from gate.fuzzing import Run
from gate.ruled_out import RULED_OUT, TOLD_OF_FAULTS, Kind
from gate.traffic import Recorder

Cell = tuple[str, str]
"""An operation, and what can happen in it."""

SHARE = 0.98
"""How much of all that the schemas allow is reached at least, so that little can be ruled out."""
_FAILED = re.compile(r"50[023] .*")


@pytest.fixture(scope="session")
def cells(contract: Contract, judge: Judge) -> Cells:
    """Name what can happen."""
    return Cells(contract, judge)


@pytest.fixture(scope="session")
def every(cells: Cells) -> set[Cell]:
    """List every cell that the schemas allow."""
    return {(operation, cell) for operation, named in cells.all().items() for cell in named}


@pytest.fixture(scope="session")
def ruled_out(every: set[Cell]) -> set[Cell]:
    """List the cells that never happen."""
    return of_kinds(every, RULED_OUT)


@pytest.fixture(scope="session")
def by_hand(cells: Cells, recorder: Recorder) -> set[Cell]:
    """List the cells that witnesses reached while nothing failed."""
    return reached(cells, recorder.path)


@pytest.fixture(scope="session")
def by_fault(cells: Cells, fault_recorder: Recorder, by_hand: set[Cell]) -> set[Cell]:
    """List the cells that were reached only while something was made to fail."""
    return reached(cells, fault_recorder.path) - by_hand


def of_kinds(cells: Iterable[Cell], kinds: Iterable[Kind]) -> set[Cell]:
    """Return the cells that are of one of these kinds."""
    return {each for each in cells if any(kind.covers(*each) for kind in kinds)}


def reached(cells: Cells, *files: Path) -> set[Cell]:
    """Collect the cells that recorded traffic reached."""
    return {
        (exchange.operation, cell) for exchange in traffic.read(files) for cell in cells.reached(exchange)
    }


def test_a_witness_reached_every_cell_of_the_contract(
    every: set[Cell], ruled_out: set[Cell], by_hand: set[Cell], by_fault: set[Cell], figures: Figures
) -> None:
    possible = every - ruled_out
    seen = possible & (by_hand | by_fault)
    missing = sorted(possible - seen)
    figures.say(
        "cells",
        f"{len(seen)} of {len(possible)} reached ({len(seen) / len(possible):.1%}), "
        f"{len(possible & by_fault)} of them by fault injection alone; "
        f"{len(ruled_out)} more ruled out by what they mean",
        table=[f"not reached: {operation} {cell}" for operation, cell in missing],
    )
    assert not missing, "\n".join(map(" ".join, missing))
    assert len(seen) >= SHARE * len(every)


def test_what_only_a_fault_brings_about_is_a_failure_or_is_told_of_one(
    every: set[Cell], by_fault: set[Cell]
) -> None:
    failures = {each for each in by_fault if _FAILED.fullmatch(each[1])}
    assert {cell[:3] for _, cell in failures} == {"500", "502", "503"}
    assert sorted(every & by_fault - failures - of_kinds(by_fault, TOLD_OF_FAULTS)) == []


def test_no_witness_reached_a_cell_that_is_ruled_out(
    ruled_out: set[Cell], by_hand: set[Cell], by_fault: set[Cell]
) -> None:
    assert sorted(ruled_out & (by_hand | by_fault)) == []


def test_the_fuzzer_reached_no_cell_that_is_ruled_out(
    cells: Cells, ruled_out: set[Cell], fuzzed: Mapping[str, Run]
) -> None:
    kept = [run.traffic for run in fuzzed.values() if run.traffic]
    if not kept:
        pytest.skip("this profile keeps no traffic to look into")
    assert sorted(ruled_out & reached(cells, *kept)) == []


@pytest.mark.parametrize("kinds", [RULED_OUT, TOLD_OF_FAULTS], ids=["ruled out", "told of faults"])
def test_every_kind_still_names_something(every: set[Cell], kinds: tuple[Kind, ...]) -> None:
    assert [kind for kind in kinds if not of_kinds(every, [kind])] == []
