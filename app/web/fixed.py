"""Answers that never change while the server runs: bytes, rendered or read once."""

from collections.abc import Callable
from pathlib import Path

from flask import Response, request

from app.contract.published import Form, etag_of

MAX_AGE = "public, max-age=300"
_STATIC = Path(__file__).parent / "static"


def from_file(name: str, *, path: str, media_type: str) -> Form:
    """Read a file of static/ as a form like the contract's."""
    body = (_STATIC / name).read_bytes()
    return Form(name=name, path=path, media_type=media_type, body=body, etag=etag_of(body))


def view(form: Form) -> Callable[[], Response]:
    """Make the view of a form; whoever has its bytes already is told that they still hold."""

    def answer() -> Response:
        response = Response(form.body, content_type=form.media_type)
        response.headers["ETag"] = form.etag
        response.headers["Cache-Control"] = MAX_AGE
        response.make_conditional(request)
        return response

    return answer
