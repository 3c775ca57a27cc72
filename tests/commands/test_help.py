"""Every command says what it is for, and what is wrong is said in one sentence."""

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main
from tests.test_documents import commands


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), *(c.split() for c in commands())])
def test_every_help_begins_with_a_sentence_and_fits_a_terminal(words: list[str]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"], prog_name="parkgraph", terminal_width=80)
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0].startswith(" ".join(["Usage: parkgraph", *words]))
    assert lines[2].strip()[0].isupper()
    assert [line for line in lines if len(line) > 80] == []
    assert "..." not in shown.output.replace("[ARGS]...", "")


def test_every_listed_command_is_there_and_says_what_it_says_itself() -> None:
    context = click.Context(main)
    assert [name for name in COMMANDS if main.get_command(context, name) is None] == []
    assert list(COMMANDS) == main.list_commands(context)


def test_an_unknown_command_is_refused_with_a_hint() -> None:
    refused = CliRunner().invoke(main, ["park"])
    assert refused.exit_code == 2
    assert "No such command 'park'." in refused.output


def test_the_version_is_that_of_the_contract() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.strip() == "Park Graph, version 1.4.0"
