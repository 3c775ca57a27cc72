"""The register of agents: which programs act for a project, where, and with which of its keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Caller, ProjectRef
from app.domain.errors import Detail, NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.names import require_name
from app.models import Agent, ApiKey
from app.presenters.agents import AgentFacts
from app.presenters.pages import Page
from app.services import audit, idempotency, projects
from app.services.idempotency import Answer, Claim


def register(
    caller: Caller, *, name: str, platform: str, api_key_id: UUID | None = None, once: Once | None = None
) -> Answer[AgentFacts]:
    """Write an agent down; raise BadRequest for a name that is none, NotFound for a key of somebody else."""
    project = projects.of(caller)
    agent_id = uuid7()

    def work(claim: Claim) -> AgentFacts:
        require_name(name)
        with database.transaction() as db:
            claim.settle(db, agent_id)
            if api_key_id is not None:
                _require_key(db, project, api_key_id)
            agent = Agent(id=agent_id, project_id=project.id, name=name, platform=platform)
            _add(db, caller, project, agent, api_key_id)
        return _get(agent_id)

    return idempotency.perform(caller, once, work=work, again=lambda made: _get(UUID(made)))


def page(caller: Caller, *, limit: int, cursor: UUID | None = None) -> Page[AgentFacts]:
    """Return the agents of the caller's project, newest first."""
    wanted = _with_last_use().where(Agent.project_id == projects.of(caller).id)
    if cursor is not None:
        wanted = wanted.where(Agent.id < cursor)
    with database.reading() as db:
        rows = db.execute(wanted.order_by(Agent.id.desc()).limit(limit + 1)).all()
    shown = [AgentFacts(*row) for row in rows[:limit]]
    return Page(shown, next_cursor=str(shown[-1].agent.id) if len(rows) > limit else None)


def _add(db: Session, caller: Caller, project: ProjectRef, agent: Agent, api_key_id: UUID | None) -> None:
    agent.api_key_id, agent.created_at = api_key_id, clock.now()
    db.add(agent)
    db.flush()
    diff = {"name": agent.name, "platform": agent.platform}
    audit.append(
        db,
        caller,
        "agent.register",
        operator_id=project.operator_id,
        subject=("agent", agent.id),
        diff=diff if api_key_id is None else diff | {"api_key_id": api_key_id},
    )


def _require_key(db: Session, project: ProjectRef, key_id: UUID) -> None:
    """Refuse a key of another project, and one that was revoked; nobody revokes it till the commit."""
    mine = ApiKey.project_id == project.id, ApiKey.revoked_at.is_(None)
    wanted = select(ApiKey.id).where(ApiKey.id == key_id, *mine).with_for_update()
    if db.scalar(wanted) is None:
        message = "There is no API key with this id."
        raise NotFound(message, details=[Detail("api_key_id", message)])


def _get(agent_id: UUID) -> AgentFacts:
    with database.reading() as db:
        return AgentFacts(*db.execute(_with_last_use().where(Agent.id == agent_id)).one())


def _with_last_use() -> Select[Agent, datetime | None]:
    return select(Agent, ApiKey.last_used_at).outerjoin(ApiKey, ApiKey.id == Agent.api_key_id)
