"""A desk of each kind."""

import pytest

from parkgraph.testing import Rehearsal
from tests.sdk.desks import AsyncDesk, Desk, WaitingDesk


@pytest.fixture(params=[WaitingDesk, AsyncDesk], ids=["waiting", "async"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """Give the test each client on a rehearsal."""
    made: Desk = request.param()
    return made


@pytest.fixture
def rehearsal(desk: Desk) -> Rehearsal:
    """Give the test what the desk's client talks to."""
    return desk.rehearsal
