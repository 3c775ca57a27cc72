"""A payment processor in Stripe's shape, for development and tests: no money moves.

The real stripe SDK talks to it through `http_client`; everything that Stripe's API has no request for (a
world's clock, its outbox, its books, faults) is a method here. It is one reading of Stripe's documentation,
kept honest by the SDK's own types and by running the gateway's tests against Stripe's test mode as well.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stripe_sandbox import (
    accounts,
    authorizations,
    books,
    browser,
    captures,
    clock,
    events,
    payment_intents,
    refunds,
    webhook_endpoints,
    worlds,
)
from stripe_sandbox.api import Api
from stripe_sandbox.books import Books
from stripe_sandbox.events import PendingEvent
from stripe_sandbox.faults import Fault, Faults
from stripe_sandbox.refusals import Refusal, Thing, public
from stripe_sandbox.store import Store
from stripe_sandbox.transport import InProcessClient
from stripe_sandbox.worlds import World
from stripe_sandbox.wsgi import application

log = logging.getLogger(__name__)

_SIGNING = "webhook"


class Sandbox:
    """Every world in one file; `clock` says the time in Unix seconds, `sleep` is for injected faults only."""

    def __init__(
        self,
        path: Path,
        *,
        clock: clock.Clock = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        log.warning("Payments go to the embedded sandbox at %s: NO MONEY MOVES.", path)
        self._store = Store(path)
        self._clock = clock
        self._faults = Faults()
        api = Api(self._store, self._faults, source=clock, sleep=sleep)
        self.wsgi = application(api)
        self.browser = browser.application(api, self._authenticated)
        """Serves pages: the script of the card form, and what a publishable key may ask."""
        self.webhook_secret = self._signing_secret()
        """Signs the events of every world that `open_world` made."""

    def http_client(self) -> InProcessClient:
        """Make the transport for `stripe.StripeClient(secret_key(world), http_client=…)`."""
        return InProcessClient(self.wsgi)

    def open_world(
        self, world: str, *, webhook_url: str, enabled_events: Sequence[str] = (events.EVERYTHING,)
    ) -> str:
        """Make a world with a connected account, told of events at a URL; return the account's id.

        A world that exists already is left as it is. Raise BadWorldName.
        """
        worlds.check_name(world)
        with self._store.writing() as db:
            known = db.execute("SELECT account FROM worlds WHERE name = ?", (world,)).fetchone()
            if known and known[0]:
                return str(known[0])
            here = World(db, world, clock.now(db, world, source=self._clock))
            account = accounts.create_ready(here)["id"]
            listener = {"url": webhook_url, "enabled_events": list(enabled_events)}
            webhook_endpoints.register(here, listener, secret=self.webhook_secret)
            db.execute(
                "INSERT INTO worlds (name, account) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET account = excluded.account",
                (world, account),
            )
            return str(account)

    def now(self, world: str) -> int:
        """Return a world's time in Unix seconds."""
        with self._store.reading() as db:
            return clock.now(db, world, source=self._clock)

    def advance(self, world: str, *, seconds: int) -> int:
        """Move one world's clock ahead, let its holds run out, and return its time in Unix seconds."""
        worlds.check_name(world)
        with self._store.writing() as db:
            return self._move(db, world, seconds=seconds)

    def set_clock(self, world: str, at: int) -> int:
        """Move one world's clock to an instant, never back; otherwise as `advance`."""
        worlds.check_name(world)
        with self._store.writing() as db:
            ahead = at - clock.now(db, world, source=self._clock)
            return self._move(db, world, seconds=max(0, ahead))

    def authenticate(self, world: str, payment_intent: str, *, succeeds: bool) -> str:
        """Let the driver pass or fail a 3-D Secure challenge; return the PaymentIntent's status."""
        with self._store.writing() as db:
            here = World(db, world, clock.now(db, world, source=self._clock))
            return str(authorizations.authenticate(here, payment_intent, succeeds=succeeds)["status"])

    def pending_events(self, *, world: str | None = None, limit: int = 100) -> list[PendingEvent]:
        """Return what still has to be sent, of one world or of all, oldest first, freshly signed."""
        with self._store.reading() as db:
            return events.pending(db, at=self._clock(), world=world, limit=limit)

    def mark_delivered(self, deliveries: Sequence[int]) -> None:
        """Remember that these arrived."""
        with self._store.writing() as db:
            events.mark_delivered(db, deliveries, at=self._clock())

    def mark_failed(self, deliveries: Sequence[int]) -> None:
        """Put these off, longer each time, for up to three days."""
        with self._store.writing() as db:
            events.mark_failed(db, deliveries, at=self._clock())

    def books(self, world: str, payment_intents: Sequence[str]) -> Books:
        """Return what the processor holds of these payments; raise LookupError if one is unknown."""
        with self._store.reading() as db:
            here = World(db, world, clock.now(db, world, source=self._clock))
            try:
                return books.read(here, payment_intents)
            except Refusal as refusal:
                raise LookupError(str(refusal)) from refusal

    def inject(self, fault: Fault) -> None:
        """Let something go wrong once, at the next request that matches; of this process only."""
        self._faults.inject(fault)

    def heal(self) -> None:
        """Let nothing go wrong any more; what hangs already goes on hanging."""
        self._faults.forget()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def _authenticated(self, world: str, payment_intent: str, client_secret: str, succeeds: bool) -> Thing:
        with self._store.writing() as db:
            here = World(db, world, clock.now(db, world, source=self._clock))
            payment_intents.check_client_secret(here, payment_intent, client_secret)
            done = authorizations.authenticate(here, payment_intent, succeeds=succeeds)
        return payment_intents.for_browsers(public(done))

    def _move(self, db: sqlite3.Connection, world: str, *, seconds: int) -> int:
        clock.advance(db, world, seconds=seconds)
        now = clock.now(db, world, source=self._clock)
        here = World(db, world, now)
        captures.expire_due(here)
        refunds.fail_due(here)
        accounts.make_ready_due(here)
        return now

    def _signing_secret(self) -> str:
        with self._store.writing() as db:
            db.execute(
                "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (_SIGNING, webhook_endpoints.new_secret()),
            )
            query = "SELECT value FROM secrets WHERE name = ?"
            return str(db.execute(query, (_SIGNING,)).fetchone()[0])
