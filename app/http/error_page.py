"""A refusal as people see it in a browser, in the clothes of the other pages."""

import html
from typing import Final

from app.domain.errors import ParkGraphError

POLICY: Final = "; ".join(
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


def render(refusal: ParkGraphError, *, message: str, request_id: str) -> bytes:
    """Write the page; `message` is the refusal's, fit to be printed."""
    title = refusal.code.replace("_", " ").capitalize()
    page = f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex, nofollow">
  <title>{title} · Park Graph</title>
  <link rel="icon" href="/logo.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/assets/park-graph.css">
</head>
<body>
  <header>
    <img src="/logo.svg" alt="">
    <a href="/">Park Graph</a>
  </header>
  <main>
    <h1>{title}</h1>
    <p>{html.escape(message)}</p>
    <p class="quiet">{refusal.code} · <code>{request_id}</code></p>
  </main>
</body>
</html>
"""
    return page.encode()
