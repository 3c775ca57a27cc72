"""The start page: what this is, and links to all of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response

from app.contract import tools
from app.contract.document import Contract
from app.settings import Settings
from app.web.pages import page


@dataclass(frozen=True, slots=True)
class Line:
    """One operation, or one action, as the page lists it."""

    name: str
    method: str
    path: str
    summary: str


def blueprint(contract: Contract, settings: Settings) -> Blueprint:
    """Make the start page of an installation."""
    start = Blueprint("start", __name__)
    operations, actions = list(operation_lines(contract)), list(action_lines(contract))

    @start.get("/")
    def show() -> Response:
        return page(
            "start.html",
            url=settings.pages_url,
            operations=operations,
            actions=actions,
            platforms=list(tools.SHAPES),
        )

    return start


def operation_lines(contract: Contract) -> Iterator[Line]:
    """List every operation in the order of the contract."""
    for operation in contract.operations.values():
        summary = contract.at(operation.pointer)["summary"]
        yield Line(operation.id, operation.method, operation.path, summary)


def action_lines(contract: Contract) -> Iterator[Line]:
    """List every action of the dispatchers, and the operation that it is."""
    for name, operation in contract.actions.items():
        yield Line(name, operation.method, operation.path, contract.at(operation.pointer)["summary"])
