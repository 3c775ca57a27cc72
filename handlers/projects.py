"""Projects: what keys belong to."""

from typing import Any

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.projects import present
from app.services import project_changes


def update_project(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Change what is given of the caller's project."""
    answer = project_changes.update(user, body, once=once)
    return {"project": present(answer.value)}, 200, answers.headers(answer.replayed)
