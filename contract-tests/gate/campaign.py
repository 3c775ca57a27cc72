"""What Schemathesis does in all of its runs: on a server of its own, beside the other gates.

It takes longer than all of them together, and most of the time each of the two waits for an answer.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.contract.document import Contract
from gate import plans
from gate.figures import Figures
from gate.fuzzing import Fuzzer, Run
from gate.grounds import Ground
from gate.installations import RAISED, Installation, install
from gate.profiles import Profile


def waits(item: pytest.Item) -> bool:
    """Tell whether a test waits for what Schemathesis did."""
    return fuzzed.__name__ in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def under_way(request: pytest.FixtureRequest, figures: Figures) -> None:
    """Begin at once what takes longest, if anybody waits for it: all other gates go on beside it."""
    figures.begin()
    if any(map(waits, request.session.items)):
        request.getfixturevalue("campaign")


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
