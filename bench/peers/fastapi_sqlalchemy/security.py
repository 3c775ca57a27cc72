"""Who calls: a key, looked up by its hash and remembered for a second, and its budget."""

import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from app.domain import api_keys
from app.models import ApiKey, Project
from bench.peers import budgets
from bench.peers.fastapi_sqlalchemy.database import SessionLocal

REMEMBERED_SECONDS = 1.0
BUDGETS = {"search_parking": ("search", 240), "create_session": ("session_creation", 60)}
SCOPE = "agent:act"


@dataclass(frozen=True)
class Caller:
    key_id: UUID
    project_id: UUID
    operator_id: UUID
    scopes: frozenset[str]
    budgets: dict[str, int]


bearer = HTTPBearer()
_remembered: dict[str, tuple[Caller, float]] = {}


async def get_caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> Caller:
    token = credentials.credentials
    caller, until = _remembered.get(token, (None, 0.0))
    if caller is None or time.monotonic() > until:
        caller = await run_in_threadpool(find, token)
        if caller is None:
            raise HTTPException(401, "The API key is not valid.")
        _remembered[token] = caller, time.monotonic() + REMEMBERED_SECONDS
    if SCOPE not in caller.scopes:
        raise HTTPException(403, "The key lacks a scope.")
    request.state.caller = caller
    return caller


def find(token: str) -> Caller | None:
    wanted = (
        select(ApiKey, Project.operator_id)
        .join(Project, Project.id == ApiKey.project_id)
        .where(ApiKey.key_hash == api_keys.hash_of(token), ApiKey.revoked_at.is_(None))
    )
    with SessionLocal() as db:
        found = db.execute(wanted).first()
    if found is None:
        return None
    key, operator_id = found
    return Caller(key.id, key.project_id, operator_id, frozenset(key.scopes), dict(key.budgets))


def charge(caller: Caller, action: str, response: Response) -> None:
    name, standard = BUDGETS[action]
    verdict = budgets.take(f"{name}:{caller.key_id}", per_minute=caller.budgets.get(name, standard))
    response.headers.update(verdict.headers)
    if not verdict.admitted:
        raise HTTPException(429, "Too many requests.", headers=verdict.headers)
