"""An ASGI middleware that gives each request an id and writes down what it was."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import ids
from app.models import AuditEntry, TraceRecord
from bench.peers.fastapi_sqlalchemy.database import SessionLocal
from bench.peers.records import Records, Row

FORGOTTEN_AFTER = timedelta(hours=24)


def _store(traces: list[Row], calls: list[Row]) -> None:
    with SessionLocal() as db:
        db.connection(execution_options={"writes": True})
        db.execute(insert(TraceRecord), traces)
        db.execute(insert(AuditEntry), calls)
        db.commit()


records = Records(_store)


class Recording:
    """Record every request of the dispatcher."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = ids.request_id()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", state["request_id"].encode()))
            await send(message)

        await self.app(scope, receive, send_with_id)
        if "caller" in state:
            self._record(scope, state, status=status, duration_ms=(time.perf_counter() - started) * 1000)

    def _record(self, scope: Scope, state: dict[str, Any], *, status: int, duration_ms: float) -> None:
        caller, action, at = state["caller"], state.get("action"), datetime.now(UTC)
        booked = action == "create_session" and status < 400
        lat, lng = state.get("position", (None, None))
        common = {
            "request_id": state["request_id"],
            "at": at,
            "agent_platform": "openai",
            "actor_type": "api_key",
            "actor_id": str(caller.key_id),
            "project_id": caller.project_id,
            "operator_id": caller.operator_id,
            "action": action or "unknown",
        }
        trace = {
            "method": scope["method"],
            "path": scope["path"],
            "operation_id": "dispatchAction",
            "status": status,
            "duration_ms": round(duration_ms, 3),
            "ip": scope["client"][0],
            "lat": lat,
            "lng": lng,
            "upstream": state.get("upstream", []),
            "forget_at": None if booked else at + FORGOTTEN_AFTER,
        }
        subject = state.get("subject")
        call = {
            "id": ids.uuid7(),
            "subject_type": "lot" if subject else None,
            "subject_id": subject,
            "diff": {"outcome": "ok" if status < 400 else str(status)},
        }
        records.add(common | trace, common | call)
