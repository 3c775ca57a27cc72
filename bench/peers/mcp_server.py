"""A tool that searches, on the package's own high-level server, as its documentation builds one.

Keys, budgets and records are those of the FastAPI peer and stand in ASGI middlewares around it: each call
leaves a trace and an entry of the audit log, as with us, but not on disk first, as with us. The search is
that peer's, too, through SQLAlchemy as most teams write it; or, where BENCH_SEARCH says `ours`, the very
function that our own tool calls.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import database
from app.domain import ids
from app.domain.callers import Actor, Caller
from app.services import installation
from app.settings import Settings
from bench.peers.fastapi_sqlalchemy import lots
from bench.peers.fastapi_sqlalchemy.database import SessionLocal
from bench.peers.fastapi_sqlalchemy.recording import Recording, records
from bench.peers.fastapi_sqlalchemy.schemas import Search, SearchResult
from bench.peers.fastapi_sqlalchemy.security import charge, get_caller
from handlers.lots import search_lots

TOOL = "search_parking"


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    records.start()
    yield
    records.stop()


server = MCPServer("parking", log_level="WARNING", lifespan=lifespan)


@server.tool(name=TOOL)
def search_parking(
    context: Context[Any, Any],
    lat: Annotated[float, Field(ge=-90, le=90)],
    lng: Annotated[float, Field(ge=-180, le=180)],
    radius_km: Annotated[float, Field(ge=0.01, le=50)] = 2,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> SearchResult:
    """Search for parking near a position."""
    context.request_context.request.state.position = lat, lng
    return _search(Search(lat=lat, lng=lng, radius_km=radius_km, limit=limit))


def _through_sqlalchemy(wanted: Search) -> SearchResult:
    with SessionLocal() as db:
        return SearchResult(lots=lots.search(db, wanted))


def _by_our_function() -> Callable[[Search], SearchResult]:
    url, home = os.environ["BENCH_DATABASE_URL"], Path(os.environ["BENCH_PROCESSOR_PATH"]).parent
    settings = Settings(home=home, database_url=url)
    database.configure(settings)
    installation.configure(settings)
    caller = Caller(actor=Actor("anonymous"), request_id=ids.request_id())

    def search(wanted: Search) -> SearchResult:
        found = search_lots(
            caller, lat=wanted.lat, lng=wanted.lng, radius_km=wanted.radius_km, limit=wanted.limit
        )
        return SearchResult.model_validate(found)

    return search


_search = _by_our_function() if os.environ.get("BENCH_SEARCH") == "ours" else _through_sqlalchemy


class Charged:
    """Take calls with a key that has tokens left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, response = Request(scope), Response()
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        credentials = HTTPAuthorizationCredentials(scheme=kind, credentials=key)
        request.state.action = TOOL
        try:
            charge(await get_caller(request, credentials), TOOL, response)
        except HTTPException as refusal:
            await Response(refusal.detail, refusal.status_code, refusal.headers)(scope, receive, send)
            return

        async def send_with_budget(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [each for each in response.raw_headers if each[0].startswith(b"x-")]
            await send(message)

        await self.app(scope, receive, send_with_budget)


app = Recording(
    Charged(
        server.streamable_http_app(
            stateless_http=True,
            json_response=True,
            transport_security=TransportSecuritySettings(allowed_hosts=["127.0.0.1", "127.0.0.1:*"]),
        )
    )
)
