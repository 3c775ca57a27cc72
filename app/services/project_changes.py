"""Changes of a project by its own operator, and how far its budgets may be set.

Each budget is chosen between one request a minute and what was granted: the installation's figure, or more
where whoever runs the installation granted more.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Conflict
from app.domain.idempotency import Once
from app.domain.names import require_name
from app.models import Project
from app.presenters.projects import ProjectFacts
from app.services import audit, idempotency, key_memory, project_budgets, projects
from app.services.idempotency import Answer, Claim

Changes = Mapping[str, Any]
"""By field: a new value, or None to take the old one away; `budgets` the same by budget."""

WRITE_TO: Final = "developers@parkgraph.com"


def update(caller: Caller, changes: Changes, *, once: Once | None = None) -> Answer[ProjectFacts]:
    """Change what is given of the caller's project; its keys are counted by it from now on.

    Raise BadRequest for a name that is none, Conflict for a simulated driver in a live project and for a
    budget beyond what was granted.
    """
    project_id = projects.of(caller).id

    def work(claim: Claim) -> ProjectFacts:
        if (name := changes.get("name")) is not None:
            require_name(name)
        with database.transaction() as db:
            claim.settle(db, project_id)
            project = projects.locked(db, project_id)
            _refuse(project, changes)
            changed = _apply(project, changes)
            _note(db, caller, project, "project.update", changed)
        if changed:
            key_memory.forget()
        return get(project_id)

    return idempotency.perform(caller, once, work=work, again=lambda _: get(project_id))


def get(project_id: UUID) -> ProjectFacts:
    """Return a project with its plan and how far its budgets may be set; raise NotFound."""
    with database.reading() as db:
        plan = projects.ref_of(db, project_id).plan
        project = db.get_one(Project, project_id)
    return ProjectFacts(project, plan=plan, ceilings=project_budgets.ceilings(project.granted_budgets))


def limit(caller: Caller, project_id: UUID, *, budget: str, per_minute: int) -> Project:
    """Grant a project more of a budget, in requests per minute; 0 takes the grant back.

    What the project chose beyond that is lowered to it. Raise BadRequest for a grant that is none, NotFound.
    """
    figure = project_budgets.figures()[budget]
    if 0 < per_minute < figure:
        message = f"Every project may have {figure} already; grant more, or take the grant back with 0."
        raise BadRequest.of("per_minute", message)
    with database.transaction() as db:
        project = projects.locked(db, project_id)
        granted = {budget: per_minute} if per_minute else {}
        project.granted_budgets = _without(project.granted_budgets, budget) | granted
        if budget in project.budgets:
            lowered = min(project.budgets[budget], per_minute or figure)
            project.budgets = project.budgets | {budget: lowered}
        _note(db, caller, project, "project.limit", {"budget": budget, "per_minute": per_minute})
    key_memory.forget()
    return project


def _refuse(project: Project, changes: Changes) -> None:
    if "simulated_driver" in changes and project.kind == "live":
        raise Conflict.of("simulated_driver", "Only a sandbox project has a simulated driver.")
    ceilings = project_budgets.ceilings(project.granted_budgets)
    for budget, chosen in changes.get("budgets", {}).items():
        if chosen is not None and chosen > ceilings[budget]:
            message = (
                f"At most {ceilings[budget]} requests a minute are granted. Write to {WRITE_TO} for more."
            )
            raise Conflict.of(f"budgets.{budget}", message)


def _apply(project: Project, changes: Changes) -> dict[str, list[Any]]:
    """Change the row; return the old and the new value of each field that has another one now."""
    wanted = dict(changes)
    if "budgets" in wanted:
        merged = project.budgets | wanted["budgets"]
        wanted["budgets"] = {name: chosen for name, chosen in merged.items() if chosen is not None}
    changed = {}
    for field, value in wanted.items():
        before = getattr(project, field)
        if before != value:
            changed[field] = [before, value]
            setattr(project, field, value)
    return changed


def _without(budgets: Mapping[str, int], name: str) -> dict[str, int]:
    return {other: figure for other, figure in budgets.items() if other != name}


def _note(db: Session, caller: Caller, project: Project, action: str, diff: Mapping[str, Any]) -> None:
    if diff:
        subject = ("project", project.id)
        audit.append(db, caller, action, operator_id=project.operator_id, subject=subject, diff=diff)
