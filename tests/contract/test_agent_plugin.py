"""The plugin package: what clients of Agent Plugins demand, and that its skill speaks of our tools."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.contract import agent_plugin, agent_plugin_style
from app.contract.document import Contract
from app.contract.public_url import CANONICAL_URL
from app.contract.published import forms

Spoil = Callable[[dict[str, Any]], Any]

SKILLSAW = Path(sys.executable).with_name("skillsaw")
WRITING = ("create_session", "extend_session", "end_session", "request_refund")


def unpacked(package: bytes, folder: Path) -> Path:
    """Unpack a package as whoever installs it does."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / agent_plugin.NAME


def judged(package: Path) -> subprocess.CompletedProcess[str]:
    """Let a program judge a package that knows nothing of us."""
    return subprocess.run(
        [SKILLSAW, "lint", package], capture_output=True, text=True, timeout=60, check=False
    )


def findings(contract: Contract, spoil: Spoil) -> set[str]:
    """Return the rules that a spoilt package breaks."""
    package = {
        "manifest": agent_plugin.manifest(contract, CANONICAL_URL),
        "mcp": agent_plugin.mcp(contract, CANONICAL_URL),
        "skill": contract.skill,
    }
    package = deepcopy(package)
    spoil(package)
    words = frozenset([*contract.actions, "session_code", "receipt_url"])
    return {
        finding.rule
        for finding in agent_plugin_style.check(
            package["manifest"], package["mcp"], package["skill"], words=words
        )
    }


def test_the_package_holds_the_files_that_are_published_beside_it(contract: Contract, tmp_path: Path) -> None:
    published = forms(contract, public_url="https://parking.example")
    package = unpacked(published["agent-plugin.zip"].body, tmp_path)
    held = {
        str(file.relative_to(package)): file.read_bytes() for file in package.rglob("*") if file.is_file()
    }
    base = "/api/agents/openai/plugin/"
    beside = {
        form.path.removeprefix(base): form.body for form in published.values() if form.path.startswith(base)
    }
    assert {path: content.strip() for path, content in held.items()} == {
        path: content.strip() for path, content in beside.items()
    }
    servers = json.loads(held["mcp.json"])["mcpServers"]
    assert servers == {"park-graph": {"type": "streamable-http", "url": "https://parking.example/mcp"}}
    assert json.loads(held["plugin.json"])["version"] == contract.document["info"]["version"]


def test_the_package_always_has_the_same_bytes(contract: Contract) -> None:
    assert agent_plugin.package(contract, CANONICAL_URL) == agent_plugin.package(contract, CANONICAL_URL)


def test_somebody_elses_judge_takes_the_package(contract: Contract, tmp_path: Path) -> None:
    package = unpacked(agent_plugin.package(contract, CANONICAL_URL), tmp_path)
    taken = judged(package)
    assert taken.returncode == 0, taken.stdout
    assert "Errors:   0" in taken.stdout
    assert "Warnings: 0" in taken.stdout
    manifest = package / "plugin.json"
    manifest.write_text(manifest.read_text().replace('"park-graph"', '"Park Graph"'))
    assert judged(package).returncode != 0


def test_the_skill_asks_before_whatever_changes_something(contract: Contract) -> None:
    sections = contract.skill.split("\n## ")
    for name in WRITING:
        told = [section for section in sections if f"`{name}`" in section]
        assert told, f"{name} is not told of"
        assert all("yes" in section for section in told), f"{name} is not asked for"


def test_the_skill_tells_of_every_tool(contract: Contract) -> None:
    assert [name for name in contract.actions if f"`{name}`" not in contract.skill] == []


def test_the_lint_finds_nothing(contract: Contract) -> None:
    assert findings(contract, lambda _: None) == set()


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("plugin-package-schema", lambda it: it["manifest"].pop("$schema")),
        ("plugin-package-schema", lambda it: it["mcp"].update({"$schema": "1.1.0"})),
        ("plugin-package-name", lambda it: it["manifest"].update(name="Park Graph")),
        ("plugin-package-name", lambda it: it["manifest"].update(name="park--graph")),
        ("plugin-package-unknown", lambda it: it["manifest"].update(hooks="./hooks.json")),
        ("plugin-package-author", lambda it: it["manifest"]["author"].update(phone="1")),
        ("plugin-package-server", lambda it: it["mcp"].update(mcpServers={})),
        ("plugin-package-server", lambda it: it["mcp"]["mcpServers"]["park-graph"].update(type="http")),
        (
            "plugin-package-server",
            lambda it: it["mcp"]["mcpServers"]["park-graph"].update(headers={"a": "b"}),
        ),
        (
            "plugin-package-server",
            lambda it: it["mcp"]["mcpServers"]["park-graph"].update(url="http://a.b/mcp"),
        ),
        (
            "plugin-package-server",
            lambda it: it["mcp"]["mcpServers"]["park-graph"].update(url="ftp://localhost/mcp"),
        ),
        ("plugin-package-skill", lambda it: it.update(skill="# No front matter")),
        ("plugin-package-skill", lambda it: it.update(skill="Hello\n" + it["skill"])),
        ("plugin-package-skill", lambda it: it.update(skill="---\njust words\n---\nText")),
        ("plugin-package-skill", lambda it: it.update(skill="---\nname: 3\ndescription: x\n---\nText")),
        ("plugin-package-skill", lambda it: it.update(skill="---\nname: park\ndescription:\n---\nText")),
        ("plugin-package-skill", lambda it: it.update(skill="---\nname: Park\ndescription: x\n---\nText")),
        ("plugin-package-skill", lambda it: it.update(skill="---\nname: park\ndescription: ''\n---\nText")),
        ("plugin-package-skill", lambda it: it.update(skill=it["skill"] + "\n" * 500)),
        ("plugin-package-skill", lambda it: it.update(skill=it["skill"].replace("license:", "licence:"))),
        ("plugin-package-tool", lambda it: it.update(skill=it["skill"] + "`open_barrier`")),
    ],
)
def test_the_lint_finds_what_clients_would_not_take(contract: Contract, rule: str, spoil: Spoil) -> None:
    assert findings(contract, spoil) == {rule}


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        ("plugin-package-length", "shortDescription", "x" * 31),
        ("plugin-package-length", "displayName", ""),
        ("plugin-package-address", "privacyPolicyURL", "http://parkgraph.com/legal/privacy"),
        ("plugin-package-prompts", "defaultPrompt", ["?"] * 4),
        ("plugin-package-prompts", "defaultPrompt", ["x" * 129]),
    ],
)
def test_the_lint_finds_what_the_directory_would_not_show(
    contract: Contract, rule: str, field: str, value: Any
) -> None:
    def spoil(package: dict[str, Any]) -> None:
        package["manifest"]["extensions"]["com.openai"]["interface"][field] = value

    assert findings(contract, spoil) == {rule}
