"""A middleware that gives each request an id and writes down what it was."""

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from app.domain import ids
from bench.peers.django_ninja.models import AuditEntry, Trace
from bench.peers.records import Records, Row

DAY = 24 * 3_600_000_000


def _store(traces: list[Row], calls: list[Row]) -> None:
    with transaction.atomic():
        Trace.objects.bulk_create([Trace(**row) for row in traces])
        AuditEntry.objects.bulk_create([AuditEntry(**row) for row in calls])


records = Records(_store)
records.start()


def record(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = ids.request_id()
        response = get_response(request)
        response["X-Request-Id"] = request_id
        for name, value in getattr(request, "rate_headers", {}).items():
            response[name] = value
        if hasattr(request, "auth") and request.auth:
            duration_ms = (time.perf_counter() - started) * 1000
            _record(request, request_id, status=response.status_code, duration_ms=duration_ms)
        return response

    return middleware


def _record(request: Any, request_id: str, *, status: int, duration_ms: float) -> None:
    caller, at = request.auth, time.time_ns() // 1000
    lat, lng = getattr(request, "position", (None, None))
    common = {
        "request_id": request_id,
        "at": at,
        "agent_platform": "openai",
        "actor_type": "api_key",
        "actor_id": str(caller.key_id),
        "project_id": caller.project_id,
        "operator_id": caller.operator_id,
        "action": getattr(request, "action", "unknown"),
    }
    trace = {
        "method": request.method,
        "path": request.path,
        "operation_id": "dispatchAction",
        "status": status,
        "duration_ms": round(duration_ms, 3),
        "ip": request.META["REMOTE_ADDR"],
        "lat": lat,
        "lng": lng,
        "upstream": [],
        "forget_at": at + DAY,
    }
    call = {"id": ids.uuid7(), "diff": {"outcome": "ok" if status < 400 else str(status)}}
    records.add(common | trace, common | call)
