"""A budget and how much of it, as commands take them."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from app.contract.document import Contract

C = TypeVar("C", bound=Callable[..., Any])


def _known(_: click.Context, __: click.Parameter, name: str) -> str:
    known = [each for each, budget in Contract.read().budgets.items() if budget.scope == "key"]
    if name not in known:
        raise click.BadParameter(f"say one of {', '.join(known)}.", param_hint="BUDGET")
    return name


def limit(command: C) -> C:
    """Take BUDGET, a name of the catalogue that keys are counted by, and N, 0 for the contract's figure."""
    takes_number = click.argument("per_minute", type=click.IntRange(0, 1_000_000), metavar="N")
    return click.argument("budget", metavar="BUDGET", callback=_known)(takes_number(command))


def said(subject: object, budget: str, per_minute: int) -> str:
    """Say what was set."""
    return f"{subject}: {budget} {per_minute or 'as in the contract'}"
