"""How far a project may set the budgets of its keys, and what its choice then comes to."""

from collections.abc import Mapping

from app.contract.document import Contract
from app.services import installation

Budgets = Mapping[str, int]
"""Requests per minute by the names of budgets."""


def figures() -> dict[str, int]:
    """Return what each budget of a key holds in this installation, in requests per minute."""
    catalogue = Contract.read().budgets.values()
    own = installation.settings().budgets
    return {each.name: own.get(each.name, each.limit) for each in catalogue if each.scope == "key"}


def ceilings(granted: Budgets) -> dict[str, int]:
    """Return how far each budget may be set: the installation's figure, or more that was granted."""
    return {name: max(figure, granted.get(name, 0)) for name, figure in figures().items()}


def standing(chosen: Budgets, granted: Budgets) -> dict[str, int]:
    """Return what a choice comes to: an installation that lowers a figure lowers it for everyone."""
    most = ceilings(granted)
    return {name: min(per_minute, most[name]) for name, per_minute in chosen.items() if name in most}
