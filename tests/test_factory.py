"""The whole application, built from settings, and the server around it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.factory import create_app, serve
from app.http.protocol import EnvelopeProtocol
from app.services import traces
from app.settings import Settings
from tests.http.live import answers_to, running
from tests.http.site import Answer


def ask(port: int, target: str, headers: str = "") -> Answer:
    """Send a GET."""
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
    return answers_to(port, request.encode())[0]


@pytest.fixture
def port(settings: Settings, db: None) -> Iterator[int]:
    """Run the application on a migrated database."""
    with running(create_app(settings)) as port:
        yield port


def test_the_application_is_healthy_and_ready(port: int) -> None:
    assert ask(port, "/api/v1/health").json == {"status": "ok"}
    assert ask(port, "/api/v1/ready").json == {"status": "ok"}


def test_the_start_page_and_every_published_form_are_served(port: int) -> None:
    assert ask(port, "/")["Content-Type"].startswith("text/html")
    for path in ("/openapi.json", "/api/agents/openai/openapi.json", "/.well-known/ai-plugin.json"):
        form = ask(port, path)
        assert (form.status, form["Access-Control-Allow-Origin"]) == (200, "*")
        assert json.loads(form.body)
        assert ask(port, path, f"If-None-Match: {form['ETag']}\r\n").status == 304


def test_a_key_that_nobody_made_is_refused(port: int) -> None:
    answer = ask(port, "/api/v1/lots/search?address=Vail", "Authorization: Bearer pk_live_nobody\r\n")
    assert (answer.status, answer.error["code"]) == (401, "UNAUTHORIZED")


def test_every_request_is_found_again_by_its_id(port: int) -> None:
    answer = ask(port, "/api/v1/lots/search?lat=39.6403&lng=-106.3742")
    trace = traces.find(answer["X-Request-Id"])
    assert trace is not None
    assert (trace.operation_id, trace.status, trace.position) == ("searchLots", 200, (39.6403, -106.3742))


@contextmanager
def logging_kept() -> Iterator[None]:
    """Put the log back as it was: a server's configuration replaces it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level


def test_the_server_speaks_through_our_protocol_and_tells_nothing_of_itself() -> None:
    with logging_kept():
        config = serve(Settings(port=9, workers=3), "app.asgi:app")
    assert config.http is EnvelopeProtocol
    assert (config.loop, config.lifespan, config.ws) == ("uvloop", "on", "none")
    assert (config.server_header, config.date_header, config.access_log) == (False, False, False)
    assert (config.port, config.workers) == (9, 3)


def test_forwarded_addresses_are_believed_from_named_proxies_only() -> None:
    settings = Settings()
    with logging_kept():
        alone = serve(settings, "app.asgi:app")
        behind = serve(replace(settings, trusted_proxies=("10.0.0.1",)), "app.asgi:app")
    assert not alone.proxy_headers
    assert behind.proxy_headers
    assert "10.0.0.2" not in ProxyHeadersMiddleware(behind.app, behind.forwarded_allow_ips).trusted_hosts
    assert "10.0.0.1" in ProxyHeadersMiddleware(behind.app, behind.forwarded_allow_ips).trusted_hosts
