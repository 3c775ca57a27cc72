"""The published forms of the contract, and the logo, as bytes that were rendered once."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from flask import Blueprint, Response, request

from app.contract.published import Form

LOGO_PATH = "/logo.svg"
MAX_AGE = "public, max-age=300"
_LOGO_FILE = Path(__file__).resolve().parents[1] / "static" / "logo.svg"


def blueprint(forms: Iterable[Form]) -> Blueprint:
    """Make a route for each published form; whoever has its newest bytes is told so."""
    published = Blueprint("published", __name__)
    for form in (*forms, logo()):
        published.add_url_rule(form.path, endpoint=form.name.replace(".", "_"), view_func=_view(form))
    return published


def logo() -> Form:
    """Return the logo as a form like the others."""
    body = _LOGO_FILE.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Form(name="logo.svg", path=LOGO_PATH, media_type="image/svg+xml", body=body, etag=etag)


def _view(form: Form) -> Callable[[], Response]:
    def answer() -> Response:
        response = Response(form.body, content_type=form.media_type)
        response.headers["ETag"] = form.etag
        response.headers["Cache-Control"] = MAX_AGE
        response.make_conditional(request)
        return response

    return answer
