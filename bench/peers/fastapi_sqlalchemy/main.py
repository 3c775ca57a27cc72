"""The application: `uvicorn bench.peers.fastapi_sqlalchemy.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from sqlalchemy.orm import Session

from bench.peers.fastapi_sqlalchemy import lots, sessions
from bench.peers.fastapi_sqlalchemy.database import get_db
from bench.peers.fastapi_sqlalchemy.recording import Recording, records
from bench.peers.fastapi_sqlalchemy.schemas import Action, SearchAction, SearchResult, SessionResult
from bench.peers.fastapi_sqlalchemy.security import Caller, charge, get_caller


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    records.start()
    yield
    records.stop()


app = FastAPI(title="Parking", lifespan=lifespan)
app.add_middleware(Recording)


@app.post("/api/v1/agents/openai/actions", response_model_exclude_none=True)
def dispatch_action(
    body: Action,
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(get_caller)],
    db: Annotated[Session, Depends(get_db)],
) -> SearchResult | SessionResult:
    request.state.action = body.action
    charge(caller, body.action, response)
    if isinstance(body, SearchAction):
        wanted = body.parameters
        if wanted.lat is None or wanted.lng is None:
            raise HTTPException(501, "Only searches by position are measured.")
        request.state.position = wanted.lat, wanted.lng
        return SearchResult(lots=lots.search(db, wanted))
    request.state.subject = str(body.parameters.lot_id)
    return SessionResult(session=sessions.create(db, caller, body.parameters, request))
