"""Conversations between a driver and an agent, as they are written down, and what comes of them.

A call's argument that begins with `$` stands for what an earlier answer said. What a call is told, or why it
is refused, is written with it; what remains in the end, with the conversation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Protocol

import yaml

from gate.client import Client

FOLDER = Path(__file__).parents[1] / "conversations"
_LISTED = {"limit": 50}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused: the code, and the argument at fault where there is one."""

    code: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the agent makes, and what it has to come to."""

    tool: str
    arguments: Mapping[str, Any]
    keep: Mapping[str, str] = field(default_factory=dict)
    """The names under which parts of the answer are known later."""
    told: Mapping[str, Any] = field(default_factory=dict)
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Time that passes."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is said and called, in its order, and what remains."""

    title: str
    steps: Sequence[Call | Wait]
    effects: Mapping[str, Any]


class Surface(Protocol):
    """One way in which an agent's calls reach the server."""

    def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
        """Carry a call out; tell whether it was taken, and what was answered."""


def recorded() -> Iterator[Conversation]:
    """Read every conversation that is written down."""
    for path in sorted(FOLDER.glob("*.yaml")):
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        steps = [_step(step) for turn in written["turns"] for step in turn["calls"]]
        yield Conversation(written["title"], steps, written["effects"])


def play(conversation: Conversation, surface: Surface, *, client: Client, key: str) -> None:
    """Make every call of a conversation; raise AssertionError where one comes to something else."""
    known: dict[str, Any] = {}
    for step in conversation.steps:
        if isinstance(step, Wait):
            moved = client.call("advanceSandboxClock", key=key, json={"advance_seconds": step.seconds})
            assert moved.status_code == 200, moved.text
        else:
            known |= _made(step, surface, known)


def effects(client: Client, *, operator_key: str, lots: Sequence[str]) -> dict[str, Any]:
    """Return what remains in a sandbox: its sessions, its books, what was written, and free spaces."""

    def listed(operation: str) -> list[dict[str, Any]]:
        answer = client.call(operation, key=operator_key, query=_LISTED)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    sessions = [
        {"status": each["status"], "payment": each["payment"]["status"]}
        | ({"subtotal": each["subtotal"]} if "subtotal" in each else {})
        for each in listed("listSessions")
    ]
    entries = sorted((each["kind"], each["amount"]) for each in listed("listLedgerEntries"))
    written = sorted(each["action"] for each in listed("listAuditLog") if "." in each["action"])
    free = {name: _free(client, operator_key, name) for name in lots}
    return {"sessions": sessions, "ledger": entries, "written": written, "free_in_lot": free}


def value_at(answer: Any, path: str) -> Any:
    """Return what stands at a path like `lots.0.id`."""
    return reduce(lambda node, step: node[int(step) if step.isdigit() else step], path.split("."), answer)


def _free(client: Client, key: str, name: str) -> int:
    [lot] = client.call("searchLots", key=key, query={"address": name, "limit": 1}).json()["lots"]
    availability = client.call("getAvailability", key=key, path={"lot_id": lot["id"]}).json()["availability"]
    free: int = availability["available"]
    return free


def _step(written: Mapping[str, Any]) -> Call | Wait:
    if "wait_seconds" in written:
        return Wait(written["wait_seconds"])
    refused = Refusal(**written["refused"]) if "refused" in written else None
    return Call(
        written["tool"], written["arguments"], written.get("keep", {}), written.get("told", {}), refused
    )


def _made(call: Call, surface: Surface, known: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call, and return what is known from its answer on."""
    arguments = {name: _meant(value, known) for name, value in call.arguments.items()}
    taken, answer = surface.call(call.tool, arguments)
    where = f"{call.tool} {arguments}: {answer}"
    assert taken == (call.refused is None), where
    if call.refused is not None:
        assert _refusal(answer) == (call.refused.code, call.refused.field), where
        return {}
    for path, wanted in call.told.items():
        assert value_at(answer, path) == _meant(wanted, known), f"{path} of {where}"
    return {name: value_at(answer, path) for name, path in call.keep.items()}


def _meant(value: Any, known: Mapping[str, Any]) -> Any:
    return known[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def _refusal(answer: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return code and first field of a refusal; a dispatcher's fields stand among its parameters."""
    error = answer["error"]
    details = error.get("details", [])
    return error["code"], details[0]["field"].removeprefix("parameters.") if details else None
