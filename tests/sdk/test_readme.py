"""The library's README, run from top to bottom against a server, prints what it shows."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from parkgraph import Refused, errors
from parkgraph.client import KEY_VARIABLE, URL_VARIABLE
from tests.servers import Server, environment, running

SDK = Path(__file__).resolve().parents[2] / "sdk"
TEXT = (SDK / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("sdk-readme") / "home") as server:
        yield server


def blocks(language: str, text: str = TEXT) -> list[str]:
    """Return the fenced blocks of one language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [content for name, content in fenced if name == language]


def test_everything_prints_what_it_shows(server: Server) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore::ResourceWarning",
            "-c",
            "".join(blocks("python")),
        ],
        env={
            **environment(server.home),
            "PYTHONPATH": str(SDK),
            URL_VARIABLE: server.url,
            KEY_VARIABLE: server.sandbox["api_key"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == "".join(blocks("log"))
    assert done.stdout == "".join(blocks(""))


def test_the_first_screen_is_how_to_install_it_five_lines_and_what_they_print() -> None:
    first = TEXT.partition("\n## ")[0]
    [program], [printed] = blocks("python", first), blocks("", first)
    [shell] = blocks("sh", first)
    install, *exports = shell.splitlines()
    assert install == "pip install ./sdk"
    assert [line.partition("=")[0] for line in exports] == [
        f"export {URL_VARIABLE}",
        f"export {KEY_VARIABLE}",
    ]
    assert len([line for line in program.splitlines() if line]) <= 5
    assert printed.count("\n") == 2
    assert len(first.splitlines()) < 30


def test_every_attribute_of_a_refusal_is_listed() -> None:
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE))))
    refusal = errors.NotFound("There is none.", answer=errors.Answer(status=404, headers=httpx.Headers()))
    own = {name for name in [*vars(refusal), *vars(Refused)] if not name.startswith("_") and name.islower()}
    assert listed == own - {"answer"}
