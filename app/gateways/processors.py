"""Which payment processor serves which kind of project; decided once, when the process starts.

A sandbox project reaches the embedded processor or Stripe's test mode, a live one nothing, Stripe's live mode
or (loudly) the embedded processor. No way leads from a sandbox project to a secret of real money.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

import stripe

from app.domain import clock
from app.domain.callers import ProjectKind
from app.domain.errors import Conflict
from app.gateways import stripe_events
from app.gateways.card_payments import CardPayments, Event
from app.gateways.deadline import SECONDS, DeadlineClient
from app.gateways.embedded_processor import EmbeddedProcessor, SandboxProcessor
from app.gateways.payment_records import PaymentRecords
from app.gateways.payout_accounts import PayoutAccounts
from app.gateways.stripe_card_payments import StripeCardPayments, make_client
from app.gateways.stripe_payment_records import StripePaymentRecords
from app.gateways.stripe_payout_accounts import StripePayoutAccounts
from app.settings import Settings, SettingsError
from stripe_sandbox import Sandbox, StoreError, secret_key

log = logging.getLogger(__name__)

Processor = Literal["off", "embedded", "stripe-test", "stripe-live"]

EMBEDDED_LIVE_WORLD = "live"
"""The embedded processor's world of all live projects, as they share their lots."""

_TIMEOUTS = (2.0, 4.0)
"""Seconds to connect and to wait for bytes; the deadline is not below both together."""
_MOST_CLIENTS = 256
"""Each world of the embedded processor has a secret of its own."""
_PREFIXES: dict[Processor, tuple[str, ...]] = {
    "stripe-test": ("sk_test_", "rk_test_"),
    "stripe-live": ("sk_live_", "rk_live_"),
}


@dataclass(frozen=True, slots=True)
class _Processors:
    """What this process was configured with."""

    by_kind: dict[ProjectKind, Processor]
    transports: dict[Processor, DeadlineClient]
    secrets: dict[Processor, str]
    webhook_secrets: tuple[str, ...]
    sandbox: Sandbox | None


_configured: _Processors | None = None


def configure(settings: Settings, *, deadline_seconds: float = SECONDS) -> None:
    """Choose the processors of this process; a later call replaces them. Raise SettingsError."""
    global _configured  # noqa: PLW0603 -- the process has one set of processors
    _check_secrets(settings)
    close()
    _configured = _built(settings, deadline_seconds)


def close() -> None:
    """Let go of connections, threads and the embedded processor's file."""
    global _configured
    before, _configured = _configured, None
    if before is None:
        return
    _client.cache_clear()
    for transport in before.transports.values():
        transport.close()
    if before.sandbox:
        before.sandbox.close()


def card_payments_for(kind: ProjectKind, world: UUID | str) -> CardPayments:
    """Return the processor of a project, whose id is its world; raise Conflict where payments are off."""
    return StripeCardPayments(*_line_to(kind, world))


def payment_records_for(kind: ProjectKind, world: UUID | str) -> PaymentRecords:
    """Return what the processor of a project knows of its payments; raise as `card_payments_for` does."""
    return StripePaymentRecords(*_line_to(kind, world))


def payout_accounts_for(kind: ProjectKind, world: UUID | str) -> PayoutAccounts:
    """Return the accounts at the processor of a project; raise as `card_payments_for` does."""
    return StripePayoutAccounts(*_line_to(kind, world))


def _line_to(kind: ProjectKind, world: UUID | str) -> tuple[stripe.StripeClient, DeadlineClient]:
    processors = _processors()
    processor = processors.by_kind[kind]
    if processor == "off":
        raise Conflict("Payments are off for live projects on this server, so no session can be paid.")
    if processor == "embedded":
        secret = secret_key(EMBEDDED_LIVE_WORLD if kind == "live" else str(world))
    else:
        secret = processors.secrets[processor]
    transport = processors.transports[processor]
    return _client(secret, transport), transport


def embedded(kind: ProjectKind = "sandbox") -> EmbeddedProcessor:
    """Return the embedded processor; raise Conflict if that kind of project pays elsewhere."""
    processors = _processors()
    if processors.sandbox is None or processors.by_kind[kind] != "embedded":
        raise Conflict("This needs the embedded payment processor, but payments go through Stripe here.")
    return SandboxProcessor(processors.sandbox)


def find_embedded() -> EmbeddedProcessor | None:
    """Return the embedded processor if any kind of project uses it, or None."""
    sandbox = _processors().sandbox
    return SandboxProcessor(sandbox) if sandbox else None


def moves_money(kind: ProjectKind) -> bool:
    """Tell whether payments of such projects are real; events of such payments say `livemode`."""
    return _processors().by_kind[kind] == "stripe-live"


def is_off(kind: ProjectKind) -> bool:
    """Tell whether such projects take no payments."""
    return _processors().by_kind[kind] == "off"


def verify_event(raw: bytes, signature: str) -> Event:
    """Return the event in a request body; raise BadRequest unless one of our secrets signed it just now."""
    return stripe_events.verify(raw, signature, secrets=_processors().webhook_secrets)


@lru_cache(maxsize=_MOST_CLIENTS)
def _client(secret: str, transport: DeadlineClient) -> stripe.StripeClient:
    """Keep the SDK's clients: making one takes a tenth as long as a call."""
    return make_client(secret, transport)


def _processors() -> _Processors:
    if _configured is None:
        raise RuntimeError("processors.configure() was not called.")
    return _configured


def _built(settings: Settings, deadline_seconds: float) -> _Processors:
    by_kind: dict[ProjectKind, Processor] = {
        "sandbox": settings.payments_sandbox,
        "live": settings.payments_live,
    }
    secrets: dict[Processor, str | None] = {
        "stripe-test": settings.stripe_test_secret,
        "stripe-live": settings.stripe_live_secret,
    }
    in_use = set(by_kind.values())
    sandbox = _sandbox(settings) if "embedded" in in_use else None
    return _Processors(
        by_kind=by_kind,
        transports={
            processor: DeadlineClient(_transport(processor, sandbox), seconds=deadline_seconds)
            for processor in in_use - {"off"}
        },
        secrets={processor: secret for processor, secret in secrets.items() if secret},
        webhook_secrets=(*settings.stripe_webhook_secrets, *([sandbox.webhook_secret] if sandbox else [])),
        sandbox=sandbox,
    )


def _transport(processor: Processor, sandbox: Sandbox | None) -> stripe.HTTPClient:
    if processor == "embedded" and sandbox:
        return sandbox.http_client()
    return stripe.RequestsClient(timeout=_TIMEOUTS)


def _sandbox(settings: Settings) -> Sandbox:
    try:
        settings.processor_path.parent.mkdir(parents=True, exist_ok=True)
        sandbox = Sandbox(settings.processor_path, clock=lambda: clock.now().timestamp())
    except (OSError, StoreError) as error:
        raise SettingsError(f"PARKGRAPH_PROCESSOR_PATH cannot be used: {error}") from error
    if settings.payments_live == "embedded":
        log.warning("LIVE projects pay through the embedded processor: NO MONEY MOVES.")
        SandboxProcessor(sandbox).open_world(EMBEDDED_LIVE_WORLD)
    return sandbox


def _check_secrets(settings: Settings) -> None:
    """Refuse a secret of the wrong mode, whether it is in use or not: it would be one setting away."""
    test = _Secret("PARKGRAPH_STRIPE_TEST_SECRET", settings.stripe_test_secret, "stripe-test")
    live = _Secret("PARKGRAPH_STRIPE_LIVE_SECRET", settings.stripe_live_secret, "stripe-live")
    test.check(needed=settings.payments_sandbox == "stripe-test")
    live.check(needed=settings.payments_live == "stripe-live")


@dataclass(frozen=True, slots=True)
class _Secret:
    variable: str
    value: str | None
    processor: Processor

    def check(self, *, needed: bool) -> None:
        """Raise SettingsError, which never quotes the value."""
        if needed and not self.value:
            raise SettingsError(f"{self.variable} is missing, but payments are set to {self.processor}.")
        prefixes = _PREFIXES[self.processor]
        if self.value and not self.value.startswith(prefixes):
            raise SettingsError(f"{self.variable} must begin with {' or '.join(prefixes)}.")
