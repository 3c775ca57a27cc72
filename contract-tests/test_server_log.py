"""After all of that: the servers' own logs."""

import pytest

from gate.figures import Figures
from gate.installations import Installation


@pytest.mark.parametrize("name", ["installation", "attacked"])
def test_nothing_that_the_gate_did_left_a_stack_trace(
    request: pytest.FixtureRequest, figures: Figures, name: str
) -> None:
    judged: Installation = request.getfixturevalue(name)
    found, size = judged.server.tracebacks(), judged.server.log.stat().st_size
    figures.say(f"server log: {name}", f"{size / 1e6:.1f} MB, {found} stack traces")
    assert found == 0
