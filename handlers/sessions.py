"""Sessions: start, list, look up, extend, end."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers, pages
from app.presenters.sessions import present
from app.services import session_lists, sessions
from app.services.session_starts import Order
from app.services.timelines import Window


def create_session(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Start a paid session for a plate."""
    hours = body.get("duration_hours")
    order = Order(
        lot_id=UUID(body["lot_id"]),
        plate=body["plate"],
        duration_hours=None if hours is None else Decimal(str(hours)),
        payment_method=body.get("payment_method"),
        email=body.get("email"),
        metadata=body.get("metadata", {}),
        quote_id=UUID(body["quote_id"]) if "quote_id" in body else None,
    )
    answer = sessions.start(user, order, once)
    location = {"Location": f"/api/v1/sessions/{answer.value.session.id}"}
    return {"session": present(answer.value)}, 201, location | answers.headers(answer.replayed)


def list_sessions(
    user: Caller,
    *,
    lot_id: str | None = None,
    status: str | None = None,
    started_after: str | None = None,
    started_before: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """List the sessions that the caller may see, newest first."""
    window = Window.read(limit=limit, after=started_after, before=started_before, cursor=cursor)
    lot = None if lot_id is None else UUID(lot_id)
    return pages.present(session_lists.page(user, window, lot_id=lot, status=status), present)


def search_sessions(
    user: Caller,
    plate: str,
    *,
    started_after: str | None = None,
    started_before: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Find the sessions of a plate that the caller may see, newest first."""
    window = Window.read(limit=limit, after=started_after, before=started_before, cursor=cursor)
    return pages.present(session_lists.search(user, plate, window), present)


def get_session(user: Caller, session_id: str) -> dict[str, Any]:
    """Look a session up."""
    return {"session": present(sessions.get(user, UUID(session_id)))}


def extend_session(
    user: Caller, session_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Extend a running session."""
    answer = sessions.extend(
        user,
        UUID(session_id),
        session_code=body["session_code"],
        extend_hours=Decimal(str(body["extend_hours"])),
        once=once,
    )
    return {"session": present(answer.value)}, 200, answers.headers(answer.replayed)


def end_session(
    user: Caller, session_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """End a session and capture what it costs."""
    answer = sessions.end(user, UUID(session_id), session_code=body["session_code"], once=once)
    return {"session": present(answer.value)}, 200, answers.headers(answer.replayed)
