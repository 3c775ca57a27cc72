"""The published forms of the contract, and the logo."""

from collections.abc import Iterable

from flask import Blueprint

from app.contract.published import Form
from app.web import fixed


def logo() -> Form:
    """Return the logo as a form like the others."""
    return fixed.from_file("logo.svg", path="/logo.svg", media_type="image/svg+xml")


def blueprint(forms: Iterable[Form]) -> Blueprint:
    """Make a route for each published form."""
    published = Blueprint("published", __name__)
    for form in forms:
        published.add_url_rule(form.path, endpoint=form.name.replace(".", "_"), view_func=fixed.view(form))
    return published
