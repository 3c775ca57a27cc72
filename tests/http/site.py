"""The real contract with handlers that tell what they were given, and a client that speaks ASGI to it."""

import asyncio
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import Parameter, Signature
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson
from flask import Flask, Response, abort
from starlette.types import ASGIApp, Message, Scope

from app.contract.document import Contract, Operation
from app.domain.callers import KeyIdentity, Plan, ProjectKind, ProjectRef
from app.domain.traces import Trace
from app.http.chain import Chain, Front, build
from app.http.identify import Keys
from app.http.token_bucket import TokenBucket
from app.services.key_memory import KeyReading, Moment
from app.settings import Settings

SCOPES = frozenset({"agent:act", "lots:read", "sessions:read", "sessions:write", "operator"})
LOT = "019bc262-9800-752e-89a7-834df2a74de4"
SESSION = "019d79bb-20c0-7128-a24b-e40ad23f0824"
JSON = {"Content-Type": "application/json"}

Headers = dict[str, str] | Iterable[tuple[str, str]]
"""Header fields in latin-1; pairs, where one comes twice."""


@cache
def contract() -> Contract:
    """Read the contract of this checkout, once."""
    return Contract.read()


def identity(
    number: int = 1, *, kind: ProjectKind = "live", plan: Plan = "growth", **changes: Any
) -> KeyIdentity:
    """Make what a key stands for."""
    project = ProjectRef(UUID(int=number), UUID(int=number + 1_000), kind, plan)
    return replace(KeyIdentity(UUID(int=number + 2_000), project, SCOPES), **changes)


KEYS = {
    "live": identity(1),
    "other": identity(2),
    "sandbox": identity(3, kind="sandbox"),
    "starter": identity(4, plan="starter"),
    "unscoped": identity(5, scopes=frozenset()),
    "agent": identity(6, scopes=frozenset({"agent:act"})),
    "raised": identity(7, budgets={"search": 100_000, "session_creation": 100_000, "agent": 100_000}),
    "fan-out": identity(8, end_user_budget=2),
    "twenty": identity(9, end_user_budget=20),
}


def bearer(name: str = "live") -> dict[str, str]:
    """Send the key of that name."""
    return {"Authorization": f"Bearer {name}"}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) == 1, f"{name} is there {len(values)} times"
        return values[0]

    def __contains__(self, name: str) -> bool:
        return name.lower() in dict(self.headers)

    @property
    def json(self) -> Any:
        """Read the body as JSON."""
        return orjson.loads(self.body)

    @property
    def error(self) -> Any:
        """Read the envelope."""
        return self.json["error"]

    @property
    def fields(self) -> list[str]:
        """List the offending fields."""
        return [detail["field"] for detail in self.error["details"]]


@dataclass
class Handlers:
    """Handlers by operationId; one that no test brought tells what it was given."""

    own: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def __call__(self, operation: Operation) -> Callable[..., Any]:
        return self.own.get(operation.id) or teller(operation)


def teller(operation: Operation) -> Callable[..., Any]:
    """Make a handler that names everything the operation has and tells what it was given."""
    names = [parameter.argument for parameter in operation.parameters]

    def handler(user: Any, once: Any, body: Any, **arguments: Any) -> dict[str, Any]:
        return tell(user, once, body, arguments)

    named = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in [*names, "user", "once", "body"]
    ]
    vars(handler)["__signature__"] = Signature(named)
    return handler


def tell(user: Any, once: Any, body: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write down what a handler was given."""
    return {
        "arguments": arguments,
        "body": body,
        "once": once and {"key": once.key, "fingerprint": once.fingerprint},
        "user": {
            "actor": user.actor,
            "project": user.project and str(user.project.id),
            "platform": user.platform,
            "end_user_id": user.end_user_id,
            "request_id": user.request_id,
        },
        "thread": threading.current_thread().name,
    }


def pages(flask: Flask) -> frozenset[str]:
    """Put a page, a broken page and a published form on Flask."""
    flask.add_url_rule("/", "start", lambda: "<h1>Park Graph</h1>")
    flask.add_url_rule(
        "/legal/terms", "terms", lambda: Response("Terms", headers={"Cache-Control": "public"})
    )
    flask.add_url_rule("/broken", "broken", lambda: abort(418))
    flask.add_url_rule("/openapi.json", "form", lambda: Response(b"{}", mimetype="application/json"))
    return frozenset({"/openapi.json"})


class Database:
    """Keys as they would be looked up, on a thread."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away: Exception | None = None
        self.gate = threading.Event()
        """Shut by a test that wants look-ups to take their time."""
        self.gate.set()

    def resolve(self, token: str) -> KeyReading | None:
        """Look a key up."""
        self.asked.append(token)
        assert self.gate.wait(timeout=10)
        if self.away:
            raise self.away
        return reading(token)


def reading(token: str) -> KeyReading | None:
    """Read what a key stands for, for good."""
    found = KEYS.get(token)
    return found and KeyReading(found, Moment(number=0, epoch="", good_until=math.inf))


class Site:
    """One application in this process, with an event loop of its own."""

    def __init__(self, app: ASGIApp, *, database: Database, traces: list[Trace]) -> None:
        self.app = app
        self.database = database
        self.traces = traces
        self.loop = asyncio.new_event_loop()

    def get(self, target: str, headers: Headers = (), **more: Any) -> Answer:
        """Send a GET."""
        return self.send("GET", target, headers, **more)

    def post(self, target: str, body: Any, headers: Headers = (), **more: Any) -> Answer:
        """Send a POST with a JSON body, or bytes as they are."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        fields = list(headers.items() if isinstance(headers, dict) else headers)
        if not any(name.lower() == "content-type" for name, _ in fields):
            fields += JSON.items()
        return self.send("POST", target, fields, raw, **more)

    def send(self, method: str, target: str, headers: Headers = (), body: bytes = b"", **more: Any) -> Answer:
        """Send a request as a server would hand it to the application."""
        return self.loop.run_until_complete(self.exchange(method, target, headers, body, **more))

    async def exchange(
        self, method: str, target: str, headers: Headers = (), body: bytes = b"", **more: Any
    ) -> Answer:
        """Send a request on the running loop."""
        scope = _scope(method, target, headers, **more)
        chunks: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            return chunks.pop(0) if chunks else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return _answer(sent)


def _scope(
    method: str, target: str, headers: Headers, *, ip: str = "192.0.2.1", scheme: str = "http"
) -> Scope:
    path, _, query = target.partition("?")
    fields = headers.items() if isinstance(headers, dict) else headers
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields],
        "client": (ip, 50_000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


def _answer(sent: list[Message]) -> Answer:
    start, *bodies = sent
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in bodies))


@contextmanager
def site(
    *,
    handlers: dict[str, Callable[..., Any]] | None = None,
    strategy: TokenBucket | None = None,
    settings: Settings | None = None,
    contract_of: Contract | None = None,
    front: Front | None = None,
) -> Iterator[Site]:
    """Build the chain and start it; stop it afterwards."""
    database, traces = Database(), list[Trace]()
    app = build(
        Chain(
            contract=contract_of or contract(),
            settings=settings or Settings(threads=4),
            keys=Keys(remembered=lambda _: None, resolve=database.resolve),
            record_trace=traces.append,
            resolve_handler=Handlers(handlers or {}),
            register_pages=pages,
            front=front,
            strategy=strategy,
        )
    )
    made = Site(app, database=database, traces=traces)
    with _lifespan(made):
        yield made


@contextmanager
def _lifespan(made: Site) -> Iterator[None]:
    asked: asyncio.Queue[Message] = asyncio.Queue()
    told: asyncio.Queue[Message] = asyncio.Queue()
    scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    async def step(message: str) -> Message:
        await asked.put({"type": message})
        answer = asyncio.ensure_future(told.get())
        await asyncio.wait([task, answer], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await task  # which raises what it failed for
        return await answer

    task = made.loop.create_task(made.app(scope, asked.get, told.put))
    with closing(made.loop):
        started = made.loop.run_until_complete(step("lifespan.startup"))
        assert started["type"] == "lifespan.startup.complete", started
        try:
            yield
        finally:
            made.loop.run_until_complete(step("lifespan.shutdown"))
            made.loop.run_until_complete(task)
