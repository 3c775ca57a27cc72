"""The loop that runs the sweeps."""

import logging
import threading

import pytest

from app.worker.loop import Loop, Sweep

NEVER_AGAIN = 1e9


def test_every_sweep_runs_at_the_start_and_then_when_its_time_has_come() -> None:
    ran: list[str] = []
    often = Sweep("often", lambda: ran.append("often") or 1, every=0.0)
    rarely = Sweep("rarely", lambda: ran.append("rarely") or 1, every=NEVER_AGAIN)
    loop = Loop([often, rarely])
    loop.go_round()
    loop.go_round()
    assert ran == ["often", "rarely", "often"]


def test_a_sweep_that_fails_is_reported_and_keeps_no_other_from_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    ran: list[str] = []
    loop = Loop([Sweep("fails", fail, every=0.0), Sweep("works", lambda: ran.append("x") or 1, every=0.0)])
    with caplog.at_level(logging.ERROR):
        loop.go_round()
    assert ran == ["x"]
    assert [record.getMessage() for record in caplog.records if record.exc_info]


def test_the_log_says_what_was_done_and_passes_over_what_is_routine(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop(
        [
            Sweep("run what fell due", lambda: 3, every=0.0),
            Sweep("find nothing to do", lambda: 0, every=0.0),
            Sweep("seal new audit entries", lambda: 5, every=0.0, is_routine=True),
        ]
    )
    with caplog.at_level(logging.DEBUG, "parkgraph.worker"):
        loop.go_round()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "run what fell due: 3"),
        ("DEBUG", "seal new audit entries: 5"),
    ]


def test_the_loop_goes_round_in_a_thread_until_it_is_stopped() -> None:
    twice = threading.Semaphore(0)
    loop = Loop([Sweep("count", lambda: twice.release() or 1, every=0.001)])
    loop.start()
    assert twice.acquire(timeout=10)
    assert twice.acquire(timeout=10)
    loop.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "worker"]
