"""Clients whose exchanges are written down, so that gates at the end can look at all of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gate.client import ClientOf, opened
from gate.conformity import Judge
from gate.traffic import Recorder


@pytest.fixture(scope="session")
def recorder(reports: Path) -> Iterator[Recorder]:
    """Write down what the witnesses send and get."""
    yield from _recorded(reports / "witnesses.jsonl")


@pytest.fixture(scope="session")
def client_of(judge: Judge, recorder: Recorder) -> Iterator[ClientOf]:
    """Call operations of any server by name; every answer has to keep the contract."""
    with opened(judge=judge, recorder=recorder) as client_of:
        yield client_of


@pytest.fixture(scope="session")
def fault_recorder(reports: Path) -> Iterator[Recorder]:
    """Write down what is answered while something is made to fail, and what is told of it afterwards."""
    yield from _recorded(reports / "faults.jsonl")


@pytest.fixture(scope="session")
def failing_client_of(judge: Judge, fault_recorder: Recorder) -> Iterator[ClientOf]:
    """Call operations of a server that is made to fail; its answers keep the contract, too."""
    with opened(judge=judge, recorder=fault_recorder) as client_of:
        yield client_of


def _recorded(path: Path) -> Iterator[Recorder]:
    path.unlink(missing_ok=True)
    with closing(Recorder(path)) as kept:
        yield kept
