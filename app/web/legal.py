"""Terms of use and privacy, as far as the software can speak for whoever runs it."""

from flask import Blueprint, Response

from app.settings import Settings
from app.web.pages import page


def blueprint(settings: Settings, *, version: str) -> Blueprint:
    """Make the legal pages of an installation."""
    legal = Blueprint("legal", __name__, url_prefix="/legal")

    @legal.get("/terms")
    def terms() -> Response:
        return page("terms.html", version=version, grace_minutes=settings.grace_minutes)

    @legal.get("/privacy")
    def privacy() -> Response:
        return page("privacy.html")

    return legal
