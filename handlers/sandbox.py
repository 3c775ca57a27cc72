"""Sandbox: make one, move its clock."""

from typing import Any

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers, sandbox
from app.services import sandboxes


def create_sandbox(
    user: Caller, body: dict[str, Any] | None = None, once: Once | None = None
) -> answers.Response:
    """Make a sandbox and show its keys this once."""
    answer = sandboxes.create(user, **(body or {}), once=once)
    made = answer.value
    shown = sandbox.present(
        made.project_id,
        plan=made.plan,
        now=made.now,
        api_key=made.api_key,
        operator_key=made.operator_key,
    )
    return {"sandbox": shown}, 201, answers.headers(answer.replayed)


def advance_sandbox_clock(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Move the sandbox's clock ahead."""
    answer = sandboxes.advance(user, seconds=body["advance_seconds"], once=once)
    clock = sandbox.present_clock(answer.value.now, offset_seconds=answer.value.offset_seconds)
    return {"clock": clock}, 200, answers.headers(answer.replayed)
