"""The command line of the protocol's own inspector plays the evening in Vail, and reads tools strictly."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gate import evening, node
from gate.client import Client
from gate.figures import Figures
from gate.servers import Server

_BOUND_SECONDS = 60
_UNPORTABLE = 6


class Inspector:
    """Calls one server, with a program that starts anew for each call."""

    def __init__(self, server: Server, key: str, home: Path) -> None:
        self._arguments = ("--cli", f"{server.url}/mcp", "--transport", "http")
        self._header = ("--header", f"Authorization: Bearer {key}")
        self._environment = node.environment() | {
            "HOME": str(home),
            "MCP_CATALOG_PATH": str(home / "catalog.json"),
        }
        self.calls = 0

    def run(self, method: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a method."""
        self.calls += 1
        words = [*self._arguments, "--method", method, *arguments, *self._header]
        return subprocess.run(
            node.command("mcp-inspector", *words),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_BOUND_SECONDS,
            check=False,
        )

    def call(self, tool: str, **arguments: Any) -> Any:
        """Call a tool and return what it answered."""
        given = [f"{name}={value}" for name, value in arguments.items()]
        done = self.run("tools/call", "--tool-name", tool, "--tool-arg", *given)
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"
        result = json.loads(done.stdout)
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result["structuredContent"]


@pytest.fixture(scope="module")
def key(client: Client) -> str:
    """Make a sandbox for the evening."""
    sandbox = client.call("createSandbox", json={}).json()["sandbox"]
    made: str = sandbox["operator_key"]
    return made


@pytest.fixture(scope="module")
def inspector(server: Server, key: str, tmp_path_factory: pytest.TempPathFactory) -> Inspector:
    """Give the inspector a home that nobody else has."""
    return Inspector(server, key, tmp_path_factory.mktemp("inspector"))


def test_the_inspector_plays_the_evening(
    inspector: Inspector, client: Client, key: str, figures: Figures
) -> None:
    lots = inspector.call("search_parking", **evening.VAIL)["lots"]
    lot_id = next(lot["id"] for lot in lots if lot["name"] == evening.LOT)
    assert inspector.call("check_availability", lot_id=lot_id)["availability"]["available"] == 87
    assert inspector.call("get_rates", lot_id=lot_id)["rates"]["rate"] == 6.0
    session = inspector.call("create_session", lot_id=lot_id, plate=evening.PLATE)["session"]
    own = {"session_id": session["id"]}
    code = {"session_code": session["session_code"]}
    inspector.call("extend_session", **own, **code, extend_hours=1)
    client.call("advanceSandboxClock", key=key, json={"advance_seconds": evening.FOUR_HOURS_AND_A_BIT})
    assert inspector.call("get_session", **own)["session"]["payment"]["status"] == "authorized"
    ended = inspector.call("end_session", **own, **code)["session"]
    assert (ended["status"], ended["subtotal"]) == ("completed", evening.SUBTOTAL)
    assert inspector.call("request_refund", **own, amount=6)["refund"]["status"] == "succeeded"
    figures.say("mcp inspector", f"{inspector.calls} calls by its command line, the evening played")


def test_the_inspector_finds_every_tool_portable(inspector: Inspector) -> None:
    listed = inspector.run("tools/list", "--strict")
    assert listed.returncode != _UNPORTABLE, listed.stderr
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)["tools"]) == 8
