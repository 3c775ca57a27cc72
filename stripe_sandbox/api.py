"""One request answered: key, contract, idempotency, the work, and what an injected fault makes of it."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stripe_sandbox import captures, clock, expansions, forms, idempotency, ids, keys, payment_intents, routes
from stripe_sandbox.contract import API_VERSION, Asked
from stripe_sandbox.faults import ConnectionLost, Fault, Faults
from stripe_sandbox.idempotency import InFlight, Remembered
from stripe_sandbox.keys import Caller
from stripe_sandbox.refusals import Declined, Invalid, Refusal, Thing, public
from stripe_sandbox.routes import Route
from stripe_sandbox.store import Store, StoreError
from stripe_sandbox.worlds import Cause, World

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    form: str
    """The body of a POST, the query of a GET."""
    authorization: str = ""
    idempotency_key: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out, as JSON."""

    status: int
    body: Thing
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that was understood."""

    request: Request
    request_id: str
    caller: Caller
    route: Route
    path_ids: tuple[str, ...]
    asked: Asked
    client_secret: str | None

    @property
    def key(self) -> str:
        """Return the idempotency key; a request without one gets one that is nobody else's."""
        return self.request.idempotency_key or self.request_id

    @property
    def fingerprint(self) -> str:
        """Return what another request under the same key must agree in."""
        return idempotency.fingerprint(self.request.method, self.request.path, self.request.form)


class Api:
    """Stripe's API over one store."""

    def __init__(
        self, store: Store, faults: Faults, *, source: clock.Clock, sleep: Callable[[float], object]
    ) -> None:
        self._store = store
        self._faults = faults
        self._source = source
        self._sleep = sleep
        self._in_flight = InFlight()

    def answer(self, request: Request) -> Answer:
        """Answer a request; raise ConnectionLost only where an injected fault says so."""
        request_id = ids.new("req")
        try:
            answer = self._answer(_understood(request, request_id))
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body())
        except (StoreError, sqlite3.Error):
            log.exception("The payment sandbox could not use its file")
            answer = Answer(503, {"error": {"type": "api_error", "message": "Try again later."}})
        return replace(answer, headers={"Request-Id": request_id} | answer.headers)

    def _answer(self, call: _Call) -> Answer:
        fault = self._faults.take(call.request.method, call.request.path)
        return self._perform(call, None) if fault is None else self._suffer(call, fault)

    def _perform(self, call: _Call, instead: Fault | None) -> Answer:
        if call.request.method == "GET":
            return self._look_up(call)
        return self._carry_out(call, instead)

    def _look_up(self, call: _Call) -> Answer:
        self._expire_holds(call.caller.world)
        with self._store.reading() as db:
            now = clock.now(db, call.caller.world, source=self._source)
            return Answer(200, _work(World(db, call.caller.world, now), call))

    def _carry_out(self, call: _Call, instead: Fault | None) -> Answer:
        """Do the work once per key, whatever else happens; `instead` is what the key will remember."""
        world, key, at = call.caller.world, call.key, self._source()
        with self._in_flight.claim(world, key), self._store.writing() as db:
            first = idempotency.recall(db, world, key, fingerprint=call.fingerprint, at=at)
            if first:
                return _replayed(first, key)
            now = clock.now(db, world, source=self._source)
            captures.expire_due(World(db, world, now))
            cause = Cause(call.request_id, call.request.idempotency_key)
            answer = _outcome(World(db, world, now, cause), call, instead)
            kept = Remembered(answer.status, answer.body, call.request_id)
            idempotency.remember(db, world, key, kept, fingerprint=call.fingerprint, at=at)
        return replace(answer, headers={"Idempotency-Key": key})

    def _suffer(self, call: _Call, fault: Fault) -> Answer:
        if fault.when == "before":
            self._sleep(fault.hang_seconds)
            answer = Answer(fault.status or 200, fault.body())
            if fault.remembered or not fault.prevents_work:
                answer = self._perform(call, fault if fault.remembered else None)
        else:
            answer = self._perform(call, fault if fault.remembered else None)
            self._sleep(fault.hang_seconds)
        if fault.lost:
            raise ConnectionLost
        return Answer(fault.status, fault.body()) if fault.status else answer

    def _expire_holds(self, world: str) -> None:
        with self._store.reading() as db:
            now = clock.now(db, world, source=self._source)
            due = World(db, world, now).first_hold_to_expire()
        if due:
            with self._store.writing() as db:
                captures.expire_due(World(db, world, now))


def _understood(request: Request, request_id: str) -> _Call:
    caller = keys.identify(request.authorization)
    if request.version not in (None, API_VERSION):
        raise Invalid(
            f"Invalid Stripe API version: {request.version}. The sandbox speaks {API_VERSION} only."
        )
    idempotency.check_key(request.idempotency_key or "")
    route, path_ids = routes.find(request.method, request.path)
    form = forms.read(request.form)
    client_secret = form.pop("client_secret", None)
    if caller.publishable and not route.publishable:
        raise Refusal("This API call cannot be made with a publishable API key.", status=401)
    return _Call(request, request_id, caller, route, path_ids, route.read(form), client_secret)


def _outcome(world: World, call: _Call, instead: Fault | None) -> Answer:
    """Do the work; a decline leaves its traces, any other refusal leaves none."""
    if instead and instead.when == "before":
        return Answer(instead.status or 500, instead.body())
    world.db.execute("SAVEPOINT work")
    try:
        answer = Answer(200, _work(world, call))
    except Invalid:
        raise
    except Declined as refusal:
        answer = Answer(refusal.status, refusal.body())
    except Refusal as refusal:
        world.db.execute("ROLLBACK TO work")
        answer = Answer(refusal.status, refusal.body())
    except Exception:
        log.exception("The payment sandbox failed at %s %s", call.request.method, call.request.path)
        world.db.execute("ROLLBACK TO work")
        answer = Answer(500, {"error": {"type": "api_error", "message": "An unknown error occurred."}})
    return Answer(instead.status or 500, instead.body()) if instead else answer


def _work(world: World, call: _Call) -> Thing:
    if call.caller.publishable and call.path_ids:
        payment_intents.check_client_secret(world, call.path_ids[0], call.client_secret)
    thing = call.route.handler(world, call.asked, *call.path_ids)
    shown: Thing = public(expansions.expanded(world, thing, call.asked.get("expand", [])))
    if call.caller.publishable and shown["object"] == "payment_intent":
        return payment_intents.for_browsers(shown)
    return shown


def _replayed(first: Remembered, key: str) -> Answer:
    headers = {
        "Idempotency-Key": key,
        "Idempotent-Replayed": "true",
        "Original-Request": first.request_id,
        "Stripe-Should-Retry": "false",
    }
    return Answer(first.status, first.body, headers)
