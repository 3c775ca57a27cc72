"""The API and its URLs."""

import time
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from ninja import Body, NinjaAPI
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import Field

from app.domain import api_keys
from bench.peers import budgets
from bench.peers.django_ninja import lots
from bench.peers.django_ninja.models import ApiKey
from bench.peers.fastapi_sqlalchemy.schemas import CreateAction, SearchAction, SearchResult

REMEMBERED_SECONDS = 1.0
BUDGETS = {"search_parking": ("search", 240), "create_session": ("session_creation", 60)}
SCOPE = "agent:act"

Action = Annotated[SearchAction | CreateAction, Field(discriminator="action")]


@dataclass(frozen=True)
class Caller:
    key_id: UUID
    project_id: UUID
    operator_id: UUID
    scopes: frozenset[str]
    budgets: dict[str, int]


_remembered: dict[str, tuple[Caller, float]] = {}


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        caller, until = _remembered.get(token, (None, 0.0))
        if caller is None or time.monotonic() > until:
            caller = _find(token)
            if caller is None:
                return None
            _remembered[token] = caller, time.monotonic() + REMEMBERED_SECONDS
        return caller if SCOPE in caller.scopes else None


def _find(token: str) -> Caller | None:
    wanted = ApiKey.objects.select_related("project")
    key = wanted.filter(key_hash=api_keys.hash_of(token), revoked_at=None).first()
    if key is None:
        return None
    return Caller(key.id, key.project_id, key.project.operator_id, frozenset(key.scopes), key.budgets)


api = NinjaAPI(auth=Bearer(), title="Parking")


@api.post("/api/v1/agents/openai/actions", response=SearchResult, exclude_none=True)
def dispatch_action(request: Any, body: Body[Action]) -> dict[str, Any]:
    request.action = body.action
    name, standard = BUDGETS[body.action]
    caller = request.auth
    verdict = budgets.take(f"{name}:{caller.key_id}", per_minute=caller.budgets.get(name, standard))
    request.rate_headers = verdict.headers
    if not verdict.admitted:
        raise HttpError(429, "Too many requests.")
    if not isinstance(body, SearchAction) or body.parameters.lat is None or body.parameters.lng is None:
        raise HttpError(501, "Only searches by position are measured.")
    request.position = body.parameters.lat, body.parameters.lng
    return {"lots": lots.search(body.parameters)}


urlpatterns = [path("", api.urls)]
