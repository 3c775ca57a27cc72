"""The stripe SDK's way to a WSGI application in the same process: no port, no network, the whole SDK."""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

import stripe
from requests.structures import CaseInsensitiveDict

from stripe_sandbox.faults import ConnectionLost


class InProcessClient(stripe.HTTPClient):
    """Give it to `stripe.StripeClient(key, http_client=…)`."""

    name = "in-process"

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; raise APIConnectionError if no answer comes."""
        told = _Told()
        try:
            chunks = self._application(_environ(method, url, headers or {}, post_data or ""), told)
        except ConnectionLost:
            message = "The connection to the payment sandbox was lost."
            raise _connection_error(message) from None
        return b"".join(chunks).decode(), told.status, told.headers

    def close(self) -> None:
        """Have nothing to let go of."""


def _connection_error(message: str) -> stripe.APIConnectionError:
    error = stripe.APIConnectionError
    return error(message, should_retry=True)  # type: ignore[no-untyped-call]  # untyped in the SDK


class _Told:
    """What the application says before its body."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:
        self.status = int(status.partition(" ")[0])
        self.headers.update(headers)


def _environ(method: str, url: str, headers: Mapping[str, str], post_data: str) -> WSGIEnvironment:
    target, body = urlsplit(url), post_data.encode()
    return {
        "REQUEST_METHOD": method.upper(),
        "PATH_INFO": target.path,
        "QUERY_STRING": target.query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    } | {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
