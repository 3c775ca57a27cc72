"""Is the gate worth its name? Each defect that is planted into the server has to be noticed by some gate."""

from collections import Counter
from collections.abc import Sequence

import pytest

from gate import checks
from gate.figures import Figures
from gate.mutants.trials import Trial

PLANTED = 116
"""How many there are, so that none goes unseen: whoever plants one counts it here, too."""


@pytest.fixture(scope="module")
def mutants(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Leave the controls aside."""
    return [trial for trial in trials if trial.area is not None]


def test_the_server_as_it_is_passes_what_kills_mutants(trials: Sequence[Trial]) -> None:
    controls = [trial for trial in trials if trial.area is None]
    assert {trial.outcome for trial in controls} == {"passed"}, "\n".join(map(str, controls))


def test_the_server_as_it_is_is_tried_as_hard_as_a_mutant(
    trials: Sequence[Trial], mutants: Sequence[Trial]
) -> None:
    tried = {trial.plan for trial in trials if trial.area is None}
    tests = next(trial.gate for trial in trials if trial.name == "control: tests")
    assert [str(each) for each in mutants if each.plan not in tried and each.gate not in tests] == []


def test_every_mutant_is_killed(mutants: Sequence[Trial], figures: Figures) -> None:
    surviving = [mutant for mutant in mutants if mutant.outcome != "failed"]
    killed, areas = len(mutants) - len(surviving), Counter(str(mutant.area) for mutant in mutants)
    figures.say(
        "mutants",
        f"{len(mutants)} planted, {killed} killed, {100 * killed / len(mutants):.0f} % "
        f"({', '.join(f'{area} {count}' for area, count in areas.items())})",
        table=[f"not killed: {mutant}" for mutant in surviving],
    )
    assert not surviving, "\n".join(map(str, surviving))
    assert len(mutants) == PLANTED


def test_every_check_of_our_own_killed_a_mutant(mutants: Sequence[Trial]) -> None:
    own = {
        name for name, check in vars(checks).items() if getattr(check, "__module__", "") == checks.__name__
    }
    assert own
    said = "\n".join(mutant.reason for mutant in mutants)
    assert {name for name in own if not name.startswith("_") and f"`{name}`" not in said} == set()
