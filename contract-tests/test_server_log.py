"""After all of that: the server's own log."""

from gate.figures import Figures
from gate.servers import Server


def test_nothing_that_the_gate_did_left_a_stack_trace(server: Server, figures: Figures) -> None:
    found = server.tracebacks()
    size = server.log.stat().st_size
    figures.say("server log", f"{size / 1e6:.1f} MB, {found} stack traces")
    assert found == 0
