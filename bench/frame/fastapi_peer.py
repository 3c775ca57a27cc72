"""FastAPI doing the same: a discriminated union, a bearer dependency, `limits`, an ASGI trace."""

import time
import uuid
from collections import deque
from typing import Annotated, Literal

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.frame.requests import ACTION_PATH, ANSWER, BUDGET_PER_MINUTE, KEY, SEARCH_PATH

Text = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Id = Annotated[str, Field(max_length=36, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Search(Closed):
    lat: float | None = Field(None, ge=-90, le=90)
    lng: float | None = Field(None, ge=-180, le=180)
    address: Text | None = None
    radius_km: float = Field(2, gt=0, le=50)
    limit: int = Field(10, ge=1, le=50)
    open_now: bool | None = None
    available_now: bool | None = None
    type: Literal["garage", "surface", "p_and_r", "street_paid"] | None = None
    end_user_id: Text | None = None


class OfLot(Closed):
    lot_id: Id


class Create(OfLot):
    plate: Text
    duration_hours: float | None = Field(None, gt=0, le=24)
    payment_method: Text | None = None
    idempotency_key: Text | None = None


class OfSession(Closed):
    session_id: Id


class End(OfSession):
    session_code: Text


class SearchAction(Closed):
    action: Literal["search_parking"]
    parameters: Search


class AvailabilityAction(Closed):
    action: Literal["check_availability"]
    parameters: OfLot


class RatesAction(Closed):
    action: Literal["get_rates"]
    parameters: OfLot


class CreateAction(Closed):
    action: Literal["create_session"]
    parameters: Create


class GetAction(Closed):
    action: Literal["get_session"]
    parameters: OfSession


class EndAction(Closed):
    action: Literal["end_session"]
    parameters: End


Action = Annotated[
    SearchAction | AvailabilityAction | RatesAction | CreateAction | GetAction | EndAction,
    Body(discriminator="action"),
]

KEYS = {KEY: {"scopes": {"agent:act", "lots:read"}}}
BUDGET = parse(f"{BUDGET_PER_MINUTE}/minute")
limiter = FixedWindowRateLimiter(MemoryStorage())
bearer = HTTPBearer()
traces: deque[dict[str, object]] = deque(maxlen=1000)


def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> dict[str, set[str]]:
    found = KEYS.get(credentials.credentials)
    if found is None:
        raise HTTPException(401, "The API key is not valid.")
    return found


def within_budget(
    request: Request, response: Response, known: Annotated[dict[str, set[str]], Depends(caller)]
) -> None:
    if not limiter.hit(BUDGET, KEY):
        raise HTTPException(429, "Too many requests.")
    reset, remaining = limiter.get_window_stats(BUDGET, KEY)
    response.headers["X-RateLimit-Limit"] = str(BUDGET.amount)
    response.headers["X-RateLimit-Remaining"] = str(remaining)
    response.headers["X-RateLimit-Reset"] = str(int(reset))


class Trace:
    """Give each request an id and remember what it was."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, request_id, status = time.perf_counter(), uuid.uuid4().hex, 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        await self.app(scope, receive, send_with_id)
        traces.append({"id": request_id, "status": status, "ms": time.perf_counter() - started})


app = FastAPI(dependencies=[Depends(within_budget)])
app.add_middleware(Trace)


@app.post(ACTION_PATH)
async def dispatch_action(body: Action) -> dict[str, object]:
    return ANSWER


@app.get(SEARCH_PATH)
async def search_lots(query: Annotated[Search, Query()]) -> dict[str, object]:
    return ANSWER


def _other() -> dict[str, object]:
    return ANSWER


for number in range(18):  # Park Graph's contract has twenty operations; so has its peer
    app.add_api_route(f"/api/v1/others/{{id}}/{number}", _other, methods=["GET"])
