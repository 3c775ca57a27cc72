"""A processor that hangs is soon asked now and then only, and again as ever once it answers."""

from app.gateways.circuit import ASK_EVERY_SECONDS, LONG_SECONDS, SILENCES, Circuit


class Ticker:
    """A clock in the test's hand, in seconds."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def begun(circuit: Circuit) -> int:
    """Begin a call that is let in."""
    number = circuit.enter()
    assert number is not None
    return number


def are_let_in(circuit: Circuit, calls: int) -> list[bool]:
    return [circuit.enter() is not None for _ in range(calls)]


def silent(clock: Ticker) -> Circuit:
    """Make a circuit whose processor has just been silent often enough."""
    circuit = Circuit(clock=clock)
    for _ in range(SILENCES):
        circuit.heard_nothing(begun(circuit))
    return circuit


def test_after_several_silences_nobody_is_let_in() -> None:
    assert are_let_in(silent(Ticker()), 5) == [False] * 5


def test_one_call_now_and_then_finds_out_and_the_others_do_not_wait_for_it() -> None:
    clock = Ticker()
    circuit = silent(clock)
    for _ in range(3):
        clock.at += ASK_EVERY_SECONDS
        assert are_let_in(circuit, 3) == [True, False, False]


def test_an_answer_lets_everybody_in_again() -> None:
    clock = Ticker()
    circuit = silent(clock)
    clock.at += ASK_EVERY_SECONDS
    circuit.heard(begun(circuit))
    assert are_let_in(circuit, 3) == [True] * 3


def test_silences_that_are_not_in_a_row_shut_nobody_out() -> None:
    circuit = Circuit(clock=Ticker())
    for _ in range(3 * SILENCES):
        circuit.heard_nothing(begun(circuit))
        circuit.heard(begun(circuit))
    assert are_let_in(circuit, 1) == [True]


def test_those_who_still_wait_count_as_soon_as_they_wait_long() -> None:
    """Whoever queued behind them must not find out for themselves, one after the other."""
    clock = Ticker()
    circuit = Circuit(clock=clock)
    waiting = [begun(circuit) for _ in range(8)]
    clock.at += LONG_SECONDS + 3
    for number in waiting:
        circuit.heard_nothing(number)
        assert are_let_in(circuit, 2) == [False, False]


def test_many_who_have_not_waited_long_shut_nobody_out() -> None:
    clock = Ticker()
    circuit = Circuit(clock=clock)
    several = [begun(circuit) for _ in range(8)]
    clock.at += LONG_SECONDS
    assert are_let_in(circuit, 2) == [True, True]
    for number in several:
        circuit.broke_off(number)
    clock.at += 1
    assert are_let_in(circuit, 2) == [True, True]
