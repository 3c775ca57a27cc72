"""Projects: what keys and clocks belong to; a sandbox project is a world of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock
from app.domain.callers import Caller, ProjectKind, ProjectRef
from app.domain.errors import Conflict, NotFound, Unauthorized
from app.domain.ids import uuid7
from app.domain.names import require_name
from app.models import Operator, Project
from app.services import audit, key_memory, operators

SimulatedDriver = Literal["prompt", "absent"]

MICROSECOND = timedelta(microseconds=1)

_CLOCK_OFFSET = select(Project.clock_offset).where(Project.id == bindparam("project_id"))


def now(db: Session, project_id: UUID) -> datetime:
    """Return a project's time: the real one, or as far ahead of it as a sandbox's clock was moved."""
    found = queries.execute(db.connection(), _CLOCK_OFFSET, {"project_id": project_id})
    if not found:
        raise NotFound("There is no project with this id.")
    offset: int = found[0].clock_offset
    return clock.now() + offset * MICROSECOND


def of(caller: Caller) -> ProjectRef:
    """Return the project that a caller acts for; raise Unauthorized for one who acts for none."""
    if caller.project is None:
        raise Unauthorized("Send Authorization: Bearer with an API key.")
    return caller.project


def get(project_id: UUID) -> ProjectRef:
    """Return a project with its operator's plan; raise NotFound."""
    with database.reading() as db:
        return ref_of(db, project_id)


def ref_of(db: Session, project_id: UUID) -> ProjectRef:
    """Return a project in an open transaction; raise NotFound."""
    return ref(*_with_operator(db, project_id))


def ref(project: Project, operator: Operator) -> ProjectRef:
    """Say of a project what rules need to know."""
    return ProjectRef(
        id=project.id,
        operator_id=operator.id,
        kind=project.kind,
        plan=operator.plan,
    )


def create(caller: Caller, *, operator_id: UUID, name: str, kind: ProjectKind) -> Project:
    """Open a project for an operator.

    Raise BadRequest for a name that is none, NotFound where there is no such operator.
    """
    require_name(name)
    with database.transaction() as db:
        operator = operators.get(db, operator_id)
        return add(db, caller, operator_id=operator.id, name=name, kind=kind)


def add(
    db: Session,
    caller: Caller,
    *,
    operator_id: UUID,
    name: str,
    kind: ProjectKind,
    project_id: UUID | None = None,
    simulated_driver: SimulatedDriver | None = None,
) -> Project:
    """Open a project in an open transaction; a sandbox's simulated driver is prompt unless told otherwise."""
    driver = (simulated_driver or "prompt") if kind == "sandbox" else None
    project = Project(
        id=project_id or uuid7(),
        operator_id=operator_id,
        name=name,
        kind=kind,
        simulated_driver=driver,
        created_at=clock.now(),
    )
    db.add(project)
    db.flush()
    audit.append(
        db,
        caller,
        "project.create",
        operator_id=operator_id,
        subject=("project", project.id),
        diff={"name": name, "kind": kind},
    )
    return project


def change(
    caller: Caller,
    project_id: UUID,
    *,
    name: str | None = None,
    simulated_driver: SimulatedDriver | None = None,
    end_user_budget: int | None = None,
) -> Project:
    """Change what is given; `end_user_budget` 0 opts out of budgets per end user.

    Raise BadRequest for a name that is none, NotFound for an unknown project, Conflict for a simulated driver
    in a live one.
    """
    if name is not None:
        require_name(name)
    with database.transaction() as db:
        project, operator = _with_operator(db, project_id)
        if simulated_driver is not None and project.kind == "live":
            raise Conflict.of("simulated_driver", "Only a sandbox project has a simulated driver.")
        wanted = {"name": name, "simulated_driver": simulated_driver, "end_user_budget": end_user_budget}
        changes = {field: value for field, value in wanted.items() if value is not None}
        _apply(project, changes)
        audit.append(
            db,
            caller,
            "project.change",
            operator_id=operator.id,
            subject=("project", project.id),
            diff=changes,
        )
    key_memory.forget()
    return project


def locked(db: Session, project_id: UUID) -> Project:
    """Return a project that nobody else changes till the commit; raise NotFound."""
    project = db.get(Project, project_id, with_for_update=True)
    if project is None:
        raise NotFound("There is no project with this id.")
    return project


def _apply(project: Project, changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        setattr(project, field, value)
    project.end_user_budget = project.end_user_budget or None


def _with_operator(db: Session, project_id: UUID) -> tuple[Project, Operator]:
    both = select(Project, Operator).join(Operator, Operator.id == Project.operator_id)
    found = db.execute(both.where(Project.id == project_id)).first()
    if found is None:
        raise NotFound("There is no project with this id.")
    return found[0], found[1]
