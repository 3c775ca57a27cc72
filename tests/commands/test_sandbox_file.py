"""sandbox.json: whole or not at all, for its owner's eyes only."""

import json
import stat
from pathlib import Path

import pytest

from app.commands import sandbox_file
from app.commands.sandbox_file import SandboxFile, SandboxFileError

VAIL = SandboxFile(
    url="http://127.0.0.1:8080",
    project_id="019d7968-bb00-76f0-8478-82e36b0d549b",
    api_key="pk_test_first",
    operator_key="pk_test_second",
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    sandbox_file.write(tmp_path, VAIL)
    assert sandbox_file.get(tmp_path) == VAIL


def test_only_its_owner_may_read_it_from_its_first_moment(tmp_path: Path) -> None:
    sandbox_file.announce(tmp_path)
    assert modes(tmp_path) == {0o600}
    sandbox_file.write(tmp_path, VAIL)
    assert modes(tmp_path) == {0o600}


def modes(home: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}


def test_nothing_but_the_file_is_left_behind(tmp_path: Path) -> None:
    sandbox_file.announce(tmp_path)
    assert sandbox_file.is_announced(tmp_path)
    sandbox_file.write(tmp_path, VAIL)
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.json"]
    assert not sandbox_file.is_announced(tmp_path)


def test_it_holds_the_facts_under_their_names(tmp_path: Path) -> None:
    sandbox_file.write(tmp_path, VAIL)
    facts = json.loads((tmp_path / "sandbox.json").read_text())
    assert facts.keys() == {"url", "project_id", "api_key", "operator_key"}


def test_a_missing_file_is_none_or_a_sentence_with_the_command_that_helps(tmp_path: Path) -> None:
    assert sandbox_file.find(tmp_path) is None
    with pytest.raises(SandboxFileError, match=r"There is no .*sandbox\.json\. .*parkgraph seed"):
        sandbox_file.get(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '"pk_test_x"',
        "{}",
        '{"url": "http://127.0.0.1", "api_key": "k", "operator_key": "o"}',
        '{"url": "http://127.0.0.1", "api_key": "k", "operator_key": "o", "project_id": "42"}',
        "\N{REPLACEMENT CHARACTER}",
    ],
)
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SandboxFileError, match=r"sandbox\.json is damaged.*seed --replace"):
        sandbox_file.find(tmp_path)
    assert path.read_text(encoding="utf-8") == content


def test_bytes_that_are_no_text_are_damage_too(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SandboxFileError, match="damaged"):
        sandbox_file.find(tmp_path)
