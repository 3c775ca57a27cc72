"""What takes longest, beside the other gates: Schemathesis, on a server of its own, and then the mutants.

Each of them takes longer than all other gates together, and most of the time one of two waits for an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from app.contract.document import Contract
from gate import plans
from gate.figures import Figures
from gate.fuzzing import Fuzzer, Run
from gate.grounds import Ground
from gate.installations import RAISED, Installation, install
from gate.mutants import trials as mutant_trials
from gate.mutants.trials import Trial
from gate.profiles import Profile

_BEGUN_BY: Final = {"fuzzed": "campaign", "trials": "nursery"}
"""The fixtures that give what came of it, and those that begin it."""


def waits(item: pytest.Item) -> bool:
    """Tell whether a test waits for what Schemathesis did, or for what became of mutants."""
    return bool(_named(item) & _BEGUN_BY.keys())


def _named(*items: pytest.Item) -> set[str]:
    return {name for item in items for name in getattr(item, "fixturenames", ())}


@pytest.fixture(scope="session", autouse=True)
def under_way(request: pytest.FixtureRequest, figures: Figures) -> None:
    """Begin at once what takes longest, if anybody waits for it: all other gates go on beside it."""
    figures.begin()
    wanted = _named(*request.session.items)
    for name, beginning in _BEGUN_BY.items():
        if name in wanted:
            request.getfixturevalue(beginning)


@pytest.fixture(scope="session")
def attacked(
    ground: Ground, installation: Installation, reports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Run a server for Schemathesis alone: its stock of lots and keys is no witness's business."""
    home, seeded = tmp_path_factory.mktemp("attacked") / "home", replace(ground, seeds=installation.seeds)
    settings = {"WEBHOOKS_TO_LOOPBACK": "1", **RAISED}
    with install(home, log=reports / "attacked.log", ground=seeded, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def campaign(
    attacked: Installation, contract: Contract, reports: Path, profile: Profile
) -> Iterator[Future[Mapping[str, Run]]]:
    """Set Schemathesis upon its server, once for all who look at what it did."""
    fuzzer = Fuzzer(attacked, reports, profile)
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(plans.carry_out, fuzzer, contract)
        fuzzer.called_off.set()


@pytest.fixture(scope="session")
def fuzzed(campaign: Future[Mapping[str, Run]]) -> Mapping[str, Run]:
    """Wait for what Schemathesis did."""
    return campaign.result()


@pytest.fixture(scope="session")
def nursery(
    request: pytest.FixtureRequest, installation: Installation, reports: Path
) -> Iterator[Future[Sequence[Trial]]]:
    """Have every mutant judged, once Schemathesis leaves the cores to them."""
    is_fuzzed = "fuzzed" in _named(*request.session.items)
    before = [request.getfixturevalue("campaign")] if is_fuzzed else []

    def judge() -> Sequence[Trial]:
        wait(before)
        return mutant_trials.hold_all(reports / "mutants", seeds=installation.seeds)

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(judge)


@pytest.fixture(scope="session")
def trials(nursery: Future[Sequence[Trial]]) -> Sequence[Trial]:
    """Wait for what became of every mutant, and of the server as it is."""
    return nursery.result()
