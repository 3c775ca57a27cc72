"""A real browser on a real server. What its console complains of fails a test; each leaves pictures."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitors import Phone, Visitor, Visits
from tests.servers import Server, running

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
NOT_DRIVEN = "skipped: the pages in a browser, because there is no Chromium; as root, make tools installs it"


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with budgets that no test uses up."""
    home = tmp_path_factory.mktemp("browser") / "home"
    with running(home, PARKGRAPH_BUDGET_SANDBOX_AGENT="10000", PARKGRAPH_BUDGET_PAGES="10000") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium; where there is none, that is said aloud, and under CI it fails."""
    path = _chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NOT_DRIVEN)
        pytest.skip(NOT_DRIVEN)
    # For a module, not the run: until it is left, no test can have an event loop of its own.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def visits(browser: Browser, server: Server) -> Iterator[Visits]:
    """Know the sandbox whose drivers authorise on their receipts, and nowhere else."""
    with Visits.begin(server, browser) as visits:
        yield visits


@pytest.fixture
def visitor(request: pytest.FixtureRequest, visits: Visits) -> Iterator[Visitor]:
    """Look at pages on a phone by day, unless the test asks for another device."""
    name = request.node.name.replace("[", "-").replace("]", "")
    with visits.of(getattr(request, "param", Phone), pictures=PICTURES / name) as visitor:
        yield visitor


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not driven."""
    if _chromium() is None:
        terminalreporter.write_line(NOT_DRIVEN)
