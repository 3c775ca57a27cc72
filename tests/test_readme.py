"""README's commands, run as they are printed, answer what is printed below them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server, environment, running
from tests.test_documents import section, text

SESSION_ID = re.compile(r'"session_id": "[0-9a-f-]{36}"')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("readme") / "home", **shared_database) as server:
        yield server


def blocks(part: str, language: str = "") -> list[str]:
    """Return the fenced blocks of one language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
    return [content for name, content in fenced if name == language]


def shell(server: Server, script: str, bin_folder: Path) -> str:
    """Run lines in one shell, with this server in the place of the one that README talks of."""
    here = script.replace("http://127.0.0.1:8080", server.url).replace("var/", f"{server.home}/")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here.replace(".venv/bin/", f"{bin_folder}/")],
        env={**environment(server.home, **server.settings), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """Stand in for .venv/bin with the interpreter that runs the tests."""
    for command, words in (("parkgraph", "-m app.cli"), ("python", "")):
        (tmp_path / command).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (tmp_path / command).chmod(0o755)
    return tmp_path


def test_the_first_screen_prints_what_it_shows(server: Server, bin_folder: Path) -> None:
    first_screen = text("README.md").split("## A tour")[0]
    commands, [result] = blocks(first_screen, "sh"), blocks(first_screen)
    assert [command.split()[0] for command in commands] == ["make", "curl"]
    assert shell(server, commands[1], bin_folder) == result


def test_the_tour_prints_what_it_shows(server: Server, bin_folder: Path) -> None:
    tour = section("README.md", "## A tour")
    lines, [result] = "".join(blocks(tour, "sh")), blocks(tour)
    printed = shell(server, lines, bin_folder)
    assert SESSION_ID.sub('"session_id": "…"', printed).endswith(result)


def test_a_session_by_rest_prints_what_it_shows(server: Server, bin_folder: Path) -> None:
    tour, part = section("README.md", "## A tour"), section("README.md", "## By REST")
    [lines], [result] = blocks(part, "sh"), blocks(part)
    assert shell(server, "".join(blocks(tour, "sh")[:2]) + lines, bin_folder).endswith(result)


def test_the_client_library_prints_what_it_shows(server: Server, bin_folder: Path) -> None:
    setting = blocks(section("README.md", "## A tour"), "sh")[0]
    part = section("README.md", "## From Python")
    [lines], [result] = blocks(part, "sh"), blocks(part)
    assert shell(server, setting + lines, bin_folder) == result


@pytest.mark.parametrize("heading", ["## MCP", "## Tools"])
def test_a_tool_that_a_model_calls_answers_as_printed(server: Server, bin_folder: Path, heading: str) -> None:
    part = section("docs/agents.md", heading)
    [lines], [result] = blocks(part, "sh"), blocks(part)
    assert shell(server, lines, bin_folder) == result


@pytest.mark.parametrize("document", ["audit", "ledger"])
def test_what_documents_have_verified_is_fine(server: Server, bin_folder: Path, document: str) -> None:
    for lines in blocks(text(f"docs/{document}.md"), "sh"):
        shell(server, lines, bin_folder)


def test_a_file_is_rehearsed_over_the_api_as_printed(server: Server, bin_folder: Path) -> None:
    setting = blocks(section("README.md", "## A tour"), "sh")[0]
    part = section("README.md", "## Lots from a file")
    [line], [result] = blocks(part, "sh"), blocks(part)
    assert shell(server, setting + line, bin_folder) == result
