"""How every page is rendered: one layout, no scripts, nothing from elsewhere."""

from flask import Response, make_response, render_template

POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Content-Security-Policy of all pages."""


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
