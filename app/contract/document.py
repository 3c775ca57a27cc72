"""The contract: the written document, read once at start, and what the server needs to know of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from app.contract import operations as reading
from app.contract.errors import ErrorEntry, parse
from app.contract.load import Json, SpecError, load, spec_folder
from app.contract.operations import AgentAction, Operation, Parameter, Response, Security

__all__ = [
    "AgentAction",
    "Budget",
    "BudgetScope",
    "Contract",
    "Operation",
    "Parameter",
    "Response",
    "Security",
]


BudgetScope = Literal["key", "ip", "end_user"]


@dataclass(frozen=True, slots=True)
class Budget:
    """A rate budget: `limit` requests a minute, counted per key, address or end user."""

    name: str
    limit: int
    scope: BudgetScope
    meaning: str


@dataclass(frozen=True, slots=True)
class Contract:
    """The folded document and its operations, errors and budgets; nothing in it may be changed."""

    document: Json
    """OpenAPI 3.1.0, all references local."""
    manifest: Json
    """spec/ai-plugin.json as authored."""
    skill: str
    """spec/skill.md as authored: how a model goes about the tools, in the Agent Skills format."""
    operations: Mapping[str, Operation]
    """By operationId."""
    actions: Mapping[str, Operation]
    """The operation behind each action of the dispatchers."""
    catalogue: Mapping[str, ErrorEntry]
    errors: Mapping[str, int]
    """The HTTP status of each error code."""
    budgets: Mapping[str, Budget]

    @classmethod
    def read(cls, *, root: Path | None = None) -> "Contract":
        """Return the contract in `root`, or in spec/ of this checkout; raise SpecError if it is broken.

        A process reads each folder once.
        """
        return _read(spec_folder(root))

    @classmethod
    def of(cls, document: Json, *, manifest: Json, skill: str = "") -> "Contract":
        """Make the contract of a folded document, a plugin manifest and a skill."""
        operations = reading.read(document)
        own = document["info"]["x-park-graph"]
        catalogue = parse(own["errors"])
        contract = cls(
            document=document,
            manifest=manifest,
            skill=skill,
            operations=operations,
            actions=_actions(operations),
            catalogue=catalogue,
            errors=MappingProxyType({code: entry.status for code, entry in catalogue.items()}),
            budgets=MappingProxyType(
                {name: Budget(name, **budget) for name, budget in own["budgets"].items()}
            ),
        )
        _refuse_unknown_budgets(contract)
        return contract

    def action(self, name: str) -> Operation:
        """Return the operation that serves an action; raise KeyError if there is none."""
        return self.actions[name]

    def budget_of(self, operation: Operation, *, action: str | None = None) -> Budget:
        """Return the budget that pays for a live key's call; `action` is what a dispatcher was asked for."""
        served = self.actions.get(action) if action is not None and operation.dispatches else None
        if served is None or served.agent_action is None:
            return self.budgets[operation.budget]
        return self.budgets[served.agent_action.budget]

    def at(self, pointer: str) -> Any:
        """Return what stands at a pointer (`#/components/…`) of the document."""
        return reading.at(self.document, pointer)

    def followed(self, node: Json) -> Json:
        """Return the definition behind a node of the document that may be a reference."""
        return reading.follow(self.document, node, "")[0]


@cache
def _read(folder: Path) -> Contract:
    return Contract.of(
        load(folder / "openapi.yaml"),
        manifest=_manifest(folder / "ai-plugin.json"),
        skill=_text(folder / "skill.md"),
    )


def _manifest(path: Path) -> Json:
    try:
        return cast(Json, json.loads(_text(path)))
    except ValueError as error:
        raise SpecError(f"{path} cannot be read: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SpecError(f"{path} cannot be read: {error}") from error


def _actions(operations: Mapping[str, Operation]) -> Mapping[str, Operation]:
    actions: dict[str, Operation] = {}
    for operation in operations.values():
        action = operation.agent_action
        if action is None:
            continue
        if action.name in actions:
            raise SpecError(
                f"{operation.id} and {actions[action.name].id} both serve the action {action.name}"
            )
        actions[action.name] = operation
    return MappingProxyType(actions)


def _refuse_unknown_budgets(contract: Contract) -> None:
    for operation in contract.operations.values():
        named = {operation.budget}
        if operation.agent_action is not None:
            named.add(operation.agent_action.budget)
        if unknown := named - contract.budgets.keys():
            raise SpecError(
                f"{operation.id} names budgets that are not in the catalogue: {', '.join(sorted(unknown))}"
            )
