"""Agents: the dispatchers, whose actions are their REST twins' handlers, and the register of agents."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from app.contract.document import Contract, Operation
from app.domain.callers import Caller
from app.domain.errors import Detail, ParkGraphError
from app.domain.idempotency import Once
from app.presenters import answers, pages
from app.presenters.agents import present
from app.services import agents

PREFIX = "parameters."


@dataclass(frozen=True, slots=True)
class Action:
    """An action's handler, and how its parameters are handed over."""

    handler: Callable[..., Any]
    named: frozenset[str]
    """What the REST twin takes in path and query; the rest is its body."""
    wanted: frozenset[str]

    def __call__(self, user: Caller, parameters: Mapping[str, Any], once: Once | None) -> Any:
        """Call the handler as its REST operation would."""
        body = {name: value for name, value in parameters.items() if name not in self.named}
        given = {name: value for name, value in parameters.items() if name in self.named}
        given |= {"user": user, "body": body, "once": once}
        return self.handler(**{name: value for name, value in given.items() if name in self.wanted})


def dispatch_action(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Run one of the actions that ChatGPT may choose from."""
    return _run(user, body["action"], body["parameters"], once)


def dispatch_platform_action(
    user: Caller, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Run one of the actions that any other agent platform may choose from."""
    return _run(user, body["action"], body["parameters"], once)


def register_agent(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Write down which program acts for the project."""
    key_id = body.get("api_key_id")
    answer = agents.register(
        user,
        name=body["name"],
        platform=body["platform"],
        api_key_id=None if key_id is None else UUID(key_id),
        once=once,
    )
    return {"agent": present(answer.value)}, 201, answers.headers(answer.replayed)


def list_agents(user: Caller, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
    """List the agents of the caller's project, newest first."""
    page = agents.page(user, limit=limit, cursor=None if cursor is None else UUID(cursor))
    return pages.present(page, present)


def action(name: str) -> Action:
    """Return the action of that name; raise KeyError if there is none."""
    return _actions()[name]


@cache
def _actions() -> Mapping[str, Action]:
    return {name: _compiled(operation) for name, operation in Contract.read().actions.items()}


def _compiled(operation: Operation) -> Action:
    handler = getattr(import_module(operation.module), operation.function)
    placed = (*operation.parameters_in("path"), *operation.parameters_in("query"))
    return Action(
        handler=handler,
        named=frozenset(parameter.name for parameter in placed),
        wanted=frozenset(inspect.signature(handler).parameters),
    )


def _run(user: Caller, name: str, parameters: dict[str, Any], once: Once | None) -> answers.Response:
    try:
        return _unwrapped(action(name)(user, parameters, once))
    except ParkGraphError as refusal:
        _name_parameters(refusal)
        raise


def _unwrapped(answer: Any) -> answers.Response:
    """Answer 200 whatever the twin's status is; a Location belongs to a 201."""
    body, _, headers = answer if isinstance(answer, tuple) else (answer, 200, {})
    return body, 200, {name: value for name, value in headers.items() if name != "Location"}


def _name_parameters(refusal: ParkGraphError) -> None:
    """Name offending fields as they stand in a dispatcher's request."""
    for detail in refusal.details[:1]:
        if refusal.message.startswith(f"{detail.field}: "):
            refusal.message = PREFIX + refusal.message
    refusal.details = tuple(Detail(PREFIX + detail.field, detail.message) for detail in refusal.details)
