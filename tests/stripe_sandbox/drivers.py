"""The real stripe SDK on the sandbox's transport, with the steps of a parking session as short calls."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import stripe

from stripe_sandbox import Sandbox, publishable_key, secret_key

DAY = 24 * 3600


@dataclass(frozen=True)
class Account:
    """One world as the SDK sees it."""

    sandbox: Sandbox
    world: str
    client: stripe.StripeClient
    operator: str

    @property
    def intents(self) -> stripe.PaymentIntentService:
        return self.client.v1.payment_intents

    def ask(self, key: str | None = None, **changes: Any) -> stripe.PaymentIntent:
        """Ask for a hold of 25.50, of which 2.55 is the platform's."""
        asked: Any = {
            "amount": 2550,
            "currency": "usd",
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "transfer_data": {"destination": self.operator},
            "application_fee_amount": 255,
        }
        asked |= changes
        return self.intents.create(
            {name: value for name, value in asked.items() if value is not None},  # type: ignore[arg-type] # any shape, on purpose
            {"idempotency_key": key} if key else {},
        )

    def hold(self, **changes: Any) -> stripe.PaymentIntent:
        """Ask for a hold and let a good card authorise it."""
        return self.ask(payment_method="pm_card_visa", confirm=True, **changes)

    def charge_of(self, intent: stripe.PaymentIntent) -> stripe.Charge:
        return self.client.v1.charges.retrieve(str(self.intents.retrieve(intent.id).latest_charge))

    def card_of(self, intent: stripe.PaymentIntent) -> Any:
        details = self.charge_of(intent).payment_method_details
        assert details is not None
        return details.card

    def how_many(self) -> int:
        return len(self.intents.list({"limit": 100}).data)

    def told(self) -> Counter[str]:
        """Count the events that wait, by type."""
        return Counter(event.type for event in self.sandbox.pending_events(world=self.world))


def open_account(sandbox: Sandbox, world: str) -> Account:
    """Open a world and put the SDK in front of it, without tries of its own."""
    operator = sandbox.open_world(world, webhook_url="https://parking.example/events")
    return Account(sandbox, world, connect(sandbox, secret_key(world)), operator)


def browser(sandbox: Sandbox, world: str) -> stripe.StripeClient:
    """Put the SDK in front of a world with the key that a browser holds."""
    return connect(sandbox, publishable_key(world))


def connect(sandbox: Sandbox, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(key, http_client=sandbox.http_client(), max_network_retries=0)
