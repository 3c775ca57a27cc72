"""Projects, as the contract shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.callers import Plan
from app.models import Project
from app.presenters.instants import instant


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project, its operator's plan, and how far each budget may be set."""

    project: Project
    plan: Plan
    ceilings: Mapping[str, int]


def present(facts: ProjectFacts) -> dict[str, Any]:
    """Return a project in the contract's shape; what it does not have is absent."""
    project = facts.project
    shown = {
        "id": str(project.id),
        "name": project.name,
        "kind": project.kind,
        "plan": facts.plan,
        "simulated_driver": project.simulated_driver,
        "end_user_budget": project.end_user_budget,
        "budgets": dict(project.budgets),
        "granted_budgets": dict(facts.ceilings),
        "created_at": instant(project.created_at),
    }
    return {name: value for name, value in shown.items() if value is not None}
