"""What every gate stands on: one server on a fresh database for all of them, and one line each at the end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.contract.document import Contract
from gate.campaign import attacked, campaign, fuzzed, nursery, trials, under_way
from gate.client import Client, ClientOf
from gate.conformity import Judge
from gate.documents import documents
from gate.figures import Figures
from gate.grounds import Ground, ground
from gate.installations import RAISED, Installation, install
from gate.profiles import Profile
from gate.recording import client_of, failing_client_of, fault_recorder, recorder
from gate.reporting import FIGURES, PROFILE, pytest_collection_modifyitems, pytest_terminal_summary
from gate.servers import Server
from gate.strictness import StrictInstallation, install_strict
from gate.world import World

# pytest finds hooks and fixtures by name
__all__ = [
    "attacked",
    "campaign",
    "client_of",
    "documents",
    "failing_client_of",
    "fault_recorder",
    "fuzzed",
    "ground",
    "nursery",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "recorder",
    "trials",
    "under_way",
]


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Take what a gate has to say."""
    return FIGURES


@pytest.fixture(scope="session")
def profile() -> Profile:
    """Say how hard to try, and with which seed."""
    return PROFILE


@pytest.fixture(scope="session")
def reports(ground: Ground) -> Path:
    """Name the folder where the last run's reports, traffic and logs stay."""
    ground.reports.mkdir(exist_ok=True)
    return ground.reports


@pytest.fixture(scope="session")
def contract() -> Contract:
    """Read the contract as authored."""
    return Contract.read()


@pytest.fixture(scope="session")
def installation(
    ground: Ground, reports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Run the server that most gates question, on SQLite."""
    home, settings = tmp_path_factory.mktemp("gate") / "home", {"WEBHOOKS_TO_LOOPBACK": "1", **RAISED}
    with install(home, log=reports / "server.log", ground=ground, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def strict(
    ground: Ground, installation: Installation, reports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StrictInstallation]:
    """Run a server that nothing was raised or allowed for: budgets, TLS; its processor fails on demand."""
    home, seeded = tmp_path_factory.mktemp("strict") / "home", replace(ground, seeds=installation.seeds)
    with install_strict(home, log=reports / "strict.log", ground=seeded) as running:
        yield running


@pytest.fixture(scope="session")
def server(installation: Installation) -> Server:
    """Give the running server."""
    return installation.server


@pytest.fixture(scope="session")
def world(installation: Installation) -> World:
    """Say who and what is in its database."""
    return installation.world


@pytest.fixture(scope="session")
def judge(contract: Contract) -> Judge:
    """Compare answers with the contract."""
    return Judge(contract)


@pytest.fixture(scope="session")
def client(installation: Installation, client_of: ClientOf) -> Client:
    """Call operations of the server that most gates question."""
    return client_of(installation)
