"""How every page is rendered: one layout, and nothing from elsewhere unless a page says so."""

from flask import Response, make_response, render_template

from app.http.error_page import POLICY


def page(template: str, **values: object) -> Response:
    """Render a page that anyone may see."""
    response = make_response(render_template(template, **values))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def private_page(template: str, **values: object) -> Response:
    """Render a page that is one person's: never stored, never indexed, its address never passed on."""
    response = page(template, **values)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
