"""A client that calls operations by their name, checks every answer against the contract, and records it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from app.contract.document import Operation
from gate.conformity import Judge
from gate.installations import Installation
from gate.servers import WITHOUT_CERTIFICATES
from gate.traffic import Exchange, Recorder


class Client:
    """Call the operations of one server."""

    def __init__(
        self,
        url: str,
        *,
        judge: Judge,
        recorder: Recorder,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Call the server at `url`; `headers` go with every request."""
        self.url = url
        self.contract = judge.contract
        self.judge = judge
        self._recorder = recorder
        self._http = httpx.Client(
            base_url=url, timeout=20, trust_env=False, headers=headers, verify=WITHOUT_CERTIFICATES
        )

    def call(
        self,
        operation_id: str,
        *,
        key: str | None = None,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call an operation and return its answer, which keeps the contract or fails the test.

        `json` is sent as JSON, `content` as it is; `key` goes into the Authorization header.
        """
        operation = self.contract.operations[operation_id]
        authorization = {"Authorization": f"Bearer {key}"} if key else {}
        response = self._http.request(
            operation.method,
            _target(operation, path or {}),
            params=query,
            json=json,
            content=content,
            headers=authorization | dict(headers or {}),
        )
        self._record(operation, path or {}, response)
        self.require_conformity(operation, response)
        return response

    def act(
        self,
        action: str,
        *,
        key: str | None,
        platform: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        """Run an action through a dispatcher: ChatGPT's, or that of the platform named."""
        body = {"action": action, "parameters": parameters}
        if platform is None:
            return self.call("dispatchAction", key=key, json=body, headers=headers)
        path = {"platform": platform}
        return self.call("dispatchPlatformAction", key=key, path=path, json=body, headers=headers)

    def require_conformity(self, operation: Operation, response: httpx.Response) -> None:
        """Fail unless an answer is one that the contract describes."""
        faults = self.judge.faults(
            operation,
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=response.content,
        )
        assert not faults, f"{faults}\n{response.text[:2000]}"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _record(self, operation: Operation, path: Mapping[str, str], response: httpx.Response) -> None:
        request = response.request
        self._recorder.keep(
            Exchange(
                operation=operation.id,
                mode="witness",
                method=request.method,
                path_parameters=dict(path),
                query=tuple(request.url.params.multi_items()),
                request_headers={name.lower(): value for name, value in request.headers.items()},
                request_body=request.content.decode("utf-8", "replace") or None,
                status=response.status_code,
                response_headers={name.lower(): value for name, value in response.headers.items()},
                response_body=response.text,
            )
        )


class ClientOf(Protocol):
    """Makes a client of an installation."""

    def __call__(self, running: Installation, /, **headers: str) -> Client:
        """Call its server; `headers`, with _ for -, go with every request."""
        ...


@contextmanager
def opened(*, judge: Judge, recorder: Recorder) -> Iterator[ClientOf]:
    """Make clients for as long as the block runs; every answer has to keep the contract."""
    with ExitStack() as clients:

        def client_of(running: Installation, /, **headers: str) -> Client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            made = Client(running.server.url, judge=judge, recorder=recorder, headers=given)
            clients.callback(made.close)
            return made

        yield client_of


def _target(operation: Operation, path: Mapping[str, str]) -> str:
    return operation.path.format(**{name: quote(value, safe="") for name, value in path.items()})
