"""A tool that searches, on the package's own high-level server, as its documentation builds one.

Search, keys, budgets and records are those of the FastAPI peer; they stand in ASGI middlewares around it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.peers.fastapi_sqlalchemy import lots
from bench.peers.fastapi_sqlalchemy.database import SessionLocal
from bench.peers.fastapi_sqlalchemy.recording import Recording, records
from bench.peers.fastapi_sqlalchemy.schemas import Search, SearchResult
from bench.peers.fastapi_sqlalchemy.security import charge, get_caller

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
    wanted = Search(lat=lat, lng=lng, radius_km=radius_km, limit=limit)
    with SessionLocal() as db:
        return SearchResult(lots=lots.search(db, wanted))


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
