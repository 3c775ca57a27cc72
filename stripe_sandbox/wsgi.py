"""The processor as a WSGI application, so that the real SDK can talk to it in this very process."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from stripe_sandbox.api import Answer, Api, Request
from stripe_sandbox.contract import API_VERSION

NOTICE = ("Park-Graph-Sandbox", "no money moves")
"""Stands on every answer."""


def application(api: Api) -> WSGIApplication:
    """Make the WSGI application of an API."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return send(api.answer(request(environ)), start_response)

    return answer


def request(environ: WSGIEnvironment) -> Request:
    """Read a request; its body can be read once."""
    method = environ["REQUEST_METHOD"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return Request(
        method=method,
        path=environ["PATH_INFO"],
        form=body.decode("utf-8", "replace") if method == "POST" else environ.get("QUERY_STRING", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
        version=environ.get("HTTP_STRIPE_VERSION"),
    )


def send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Send an answer as JSON."""
    body = json.dumps(answer.body).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Stripe-Version", API_VERSION),
        NOTICE,
        *answer.headers.items(),
    ]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [body]
