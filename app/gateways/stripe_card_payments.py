"""Card payments over the real stripe SDK: Stripe's live mode, its test mode, or the embedded processor."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Literal

import stripe
from stripe.params import (
    AccountCreateParams,
    CustomerCreateParams,
    PaymentIntentCaptureParams,
    PaymentIntentCreateParams,
    PaymentIntentCreateParamsPaymentMethodOptionsCard,
    PaymentIntentIncrementAuthorizationParams,
    PaymentIntentListParams,
    PaymentIntentListParamsCreated,
    PaymentIntentUpdateParams,
    RefundCreateParams,
)

from app.domain.money import Money
from app.gateways.amounts import to_stripe
from app.gateways.card_payments import (
    ConnectedAccount,
    HoldSnapshot,
    MadeHold,
    MadeHolds,
    NotSupported,
    ProcessorRefused,
    RefundReason,
    ReleaseReason,
)
from app.gateways.deadline import DeadlineClient
from app.gateways.stripe_errors import asking, says_it_is_over
from app.gateways.stripe_snapshots import id_of, installation_of, mark_of, may_grow, snapshot

STRIPE_VERSION = "2026-10-28.endive"
"""Pinned here, so that a newer SDK changes nothing until we say so."""

_WITH_CHARGE = ["latest_charge", "latest_charge.transfer", "latest_charge.application_fee"]
_CARD_WISHES: PaymentIntentCreateParamsPaymentMethodOptionsCard = {
    "request_incremental_authorization": "if_available",
    "request_overcapture": "if_available",
}
_KEPT_FOR: Literal["off_session"] = "off_session"
CLOCKS_MAY_DIFFER = timedelta(minutes=5)
_AT_ONCE = timedelta(minutes=15)
"""Within this an operation's first attempt has made its hold, and so almost every one."""
_KEYS_LAST = timedelta(hours=24)
"""For how long Stripe knows an idempotency key at least; before it forgets, we look before we ask again."""
_PAGE = 100
CAME_TO_NOTHING = ("failed", "canceled")
"""What a refund is whose money never reached the driver."""


def make_client(secret: str, transport: DeadlineClient) -> stripe.StripeClient:
    """Make a client of the SDK with our pinned version; tries and deadline are the transport's matter."""
    stripe.enable_telemetry = False
    return stripe.StripeClient(secret, stripe_version=STRIPE_VERSION, http_client=transport)


class StripeCardPayments:
    """Implement CardPayments for one Stripe account."""

    def __init__(self, client: stripe.StripeClient, transport: DeadlineClient) -> None:
        self._client = client
        self._transport = transport

    def one_deadline(self) -> AbstractContextManager[None]:
        """Let all calls in a block end within the time that one has."""
        return self._transport.running()

    def create_hold(
        self,
        op_id: str,
        *,
        session_id: str,
        installation: str,
        amount: Money,
        destination: str | None,
        fee: Money | None,
        payment_method: str | None,
    ) -> HoldSnapshot:
        """Ask for a hold; with a payment method it is confirmed at once."""
        mark = {"op": op_id, "installation": installation, "session_id": session_id}
        asked = _hold_asked(mark, amount=amount, destination=destination, fee=fee)
        with asking(self._transport):
            if payment_method:
                asked |= {"payment_method": payment_method, "confirm": True}
                asked |= {"customer": self._customer(op_id, session_id), "setup_future_usage": _KEPT_FOR}
            return snapshot(self._intents.create(asked, {"idempotency_key": op_id}))

    def add_hold(
        self,
        op_id: str,
        *,
        session_id: str,
        installation: str,
        payment_intent_id: str,
        amount: Money,
        destination: str | None,
        fee: Money | None,
    ) -> HoldSnapshot:
        """Ask the card of an earlier hold for another one, while its driver is away."""
        mark = {"op": op_id, "installation": installation, "session_id": session_id}
        asked = _hold_asked(mark, amount=amount, destination=destination, fee=fee)
        with asking(self._transport):
            before = self._retrieve(payment_intent_id)
            if before.customer is not None:
                asked["customer"] = id_of(before.customer)
                if before.payment_method is not None:
                    card = id_of(before.payment_method)
                    asked |= {"payment_method": card, "confirm": True, "off_session": True}
            return self._added(op_id, asked)

    def reprice(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot:
        """Ask the driver for another amount."""
        return self._unless_over(
            payment_intent_id,
            lambda: self._intents.update(
                payment_intent_id, _amount_asked(amount, fee), {"idempotency_key": op_id}
            ),
        )

    def raise_hold(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot | NotSupported:
        """Change what was not authorised yet, else raise what was if the card allows it."""
        with asking(self._transport):
            intent = self._retrieve(payment_intent_id)
            if snapshot(intent).is_open:
                changed = self._change(op_id, payment_intent_id, amount, fee)
                if changed is not None:
                    return changed
                # The driver authorised it just now. The first key is spent on the change that came too late.
                op_id, intent = f"{op_id}-held", self._retrieve(payment_intent_id)
            held = snapshot(intent)
            if held.is_authorized and held.amount >= amount:
                return held
            return self._raise_held(op_id, intent, amount, fee)

    def keep_card(self, op_id: str, *, payment_intent_id: str, session_id: str) -> HoldSnapshot:
        """Let the card be kept that the driver is about to authorise with."""
        with asking(self._transport):
            intent = self._retrieve(payment_intent_id)
            held = snapshot(intent)
            if not held.is_open or intent.customer is not None:
                return held
            asked: PaymentIntentUpdateParams = {
                "customer": self._customer(op_id, session_id),
                "setup_future_usage": _KEPT_FOR,
                "expand": _WITH_CHARGE,
            }
            return self._unless_over(
                payment_intent_id,
                lambda: self._intents.update(payment_intent_id, asked, {"idempotency_key": f"{op_id}-keep"}),
            )

    def confirm(self, op_id: str, *, payment_intent_id: str, payment_method: str) -> HoldSnapshot:
        """Authorise a hold in the driver's place."""
        return self._unless_over(
            payment_intent_id,
            lambda: self._intents.confirm(
                payment_intent_id,
                {"payment_method": payment_method, "expand": _WITH_CHARGE},
                {"idempotency_key": op_id},
            ),
        )

    def capture(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot:
        """Take part of a hold, once, and let the rest go."""
        asked: PaymentIntentCaptureParams = {"amount_to_capture": to_stripe(amount), "expand": _WITH_CHARGE}
        if fee is not None:
            asked["application_fee_amount"] = to_stripe(fee)
        return self._unless_over(
            payment_intent_id,
            lambda: self._intents.capture(payment_intent_id, asked, {"idempotency_key": op_id}),
        )

    def release(self, op_id: str, *, payment_intent_id: str, reason: ReleaseReason) -> HoldSnapshot:
        """Let a hold go."""
        return self._unless_over(
            payment_intent_id,
            lambda: self._intents.cancel(
                payment_intent_id,
                {"cancellation_reason": reason, "expand": _WITH_CHARGE},
                {"idempotency_key": op_id},
            ),
        )

    def refund(
        self, op_id: str, *, payment_intent_id: str, amount: Money, reason: RefundReason, mark: str
    ) -> HoldSnapshot:
        """Give captured money back, and take the operator's and the platform's part of it back with it."""
        with asking(self._transport):
            charge = self._retrieve(payment_intent_id).latest_charge
            asked: RefundCreateParams = {
                "payment_intent": payment_intent_id,
                "amount": to_stripe(amount),
                "reason": reason,
                "metadata": {"op": mark},
            }
            if isinstance(charge, stripe.Charge) and charge.transfer is not None:
                asked["reverse_transfer"] = True
            if isinstance(charge, stripe.Charge) and charge.application_fee is not None:
                asked["refund_application_fee"] = True
            made = self._client.v1.refunds.create(asked, {"idempotency_key": op_id})
            if made.status in CAME_TO_NOTHING:
                raise ProcessorRefused("The bank did not take the money back; nothing was refunded.")
            return snapshot(self._retrieve(payment_intent_id))

    def was_refunded(self, mark: str, *, payment_intent_id: str) -> bool:
        """Look for the mark in the metadata of the payment's refunds."""
        with asking(self._transport):
            made = self._client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": _PAGE})
            return any(
                mark_of(refund) == mark and refund.status not in CAME_TO_NOTHING
                for refund in made.auto_paging_iter()
            )

    def fetch(self, payment_intent_id: str) -> HoldSnapshot:
        """Return what Stripe says of a hold now."""
        with asking(self._transport):
            return snapshot(self._retrieve(payment_intent_id))

    def declines(self, payment_intent_id: str, *, since: datetime) -> Sequence[datetime]:
        """Return when cards were declined for a hold, the latest first."""
        with asking(self._transport):
            tried = self._client.v1.charges.list({"payment_intent": payment_intent_id, "limit": _PAGE})
            declined = [charge.created for charge in tried.data if charge.status == "failed"]
        instants = [datetime.fromtimestamp(created, UTC) for created in declined]
        return [instant for instant in instants if instant >= since]

    def find_by_op(self, op_id: str, *, since: datetime) -> HoldSnapshot | None:
        """Find the hold that an operation made within a day, by the id in its metadata."""
        begin = since - CLOCKS_MAY_DIFFER
        with asking(self._transport):
            for end in (since + _AT_ONCE, since + _KEYS_LAST + CLOCKS_MAY_DIFFER):
                for intent in self._made_within(begin, end):
                    if mark_of(intent) == op_id:
                        return snapshot(self._retrieve(intent.id))
                begin = end
        return None

    def _made_within(self, begin: datetime, end: datetime) -> Iterator[stripe.PaymentIntent]:
        """Page through what was made in an account, with nothing in it shown whole: there may be much."""
        created: PaymentIntentListParamsCreated = {"gte": int(begin.timestamp()), "lt": int(end.timestamp())}
        asked: PaymentIntentListParams = {"created": created, "limit": _PAGE}
        return self._intents.list(asked).auto_paging_iter()

    def made_between(self, since: datetime, until: datetime, *, after: str | None = None) -> MadeHolds:
        """Return a page of the holds made in an account between two instants, newest first."""
        asked: PaymentIntentListParams = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": _PAGE,
            "expand": [f"data.{name}" for name in _WITH_CHARGE],
        }
        if after is not None:
            asked["starting_after"] = after
        with asking(self._transport):
            page = self._intents.list(asked)
        made = [MadeHold(mark_of(intent), installation_of(intent), snapshot(intent)) for intent in page.data]
        return MadeHolds(made, page.data[-1].id if page.has_more else None)

    def create_connected_account(self, op_id: str, *, name: str, country: str = "US") -> ConnectedAccount:
        """Open an operator's account: Stripe collects its details, the platform answers for losses."""
        asked: AccountCreateParams = {
            "business_profile": {"name": name},
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "country": country,
            "metadata": {"op": op_id},
        }
        with asking(self._transport):
            account = self._client.v1.accounts.create(asked, {"idempotency_key": op_id})
        return ConnectedAccount(id=account.id, can_be_paid=bool(account.charges_enabled))

    @property
    def _intents(self) -> stripe.PaymentIntentService:
        return self._client.v1.payment_intents

    def _unless_over(self, payment_intent_id: str, ask: Callable[[], stripe.PaymentIntent]) -> HoldSnapshot:
        """Ask, and answer with the state as it is where that no longer allows what was asked.

        A capture or a release that was carried out under a key which Stripe has forgotten ends here.
        """
        with asking(self._transport):
            try:
                return snapshot(ask())
            except stripe.InvalidRequestError as error:
                if not says_it_is_over(error):
                    raise
                return snapshot(self._retrieve(payment_intent_id))

    def _customer(self, op_id: str, session_id: str) -> str:
        """Make the customer that a card can be kept for: one for each session, who has no name."""
        asked: CustomerCreateParams = {"metadata": {"session_id": session_id}}
        return self._client.v1.customers.create(asked, {"idempotency_key": f"{op_id}-customer"}).id

    def _added(self, op_id: str, asked: PaymentIntentCreateParams) -> HoldSnapshot:
        try:
            return snapshot(self._intents.create(asked, {"idempotency_key": op_id}))
        except stripe.CardError as error:
            made = error.error.payment_intent if error.error else None
            if made is None:
                raise
            return snapshot(self._retrieve(made.id))

    def _retrieve(self, payment_intent_id: str) -> stripe.PaymentIntent:
        return self._intents.retrieve(payment_intent_id, {"expand": _WITH_CHARGE})

    def _change(
        self, op_id: str, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot | None:
        asked = _amount_asked(amount, fee)
        try:
            return snapshot(self._intents.update(payment_intent_id, asked, {"idempotency_key": op_id}))
        except stripe.InvalidRequestError as error:
            if not says_it_is_over(error):
                raise
            return None

    def _raise_held(
        self, op_id: str, intent: stripe.PaymentIntent, amount: Money, fee: Money | None
    ) -> HoldSnapshot | NotSupported:
        if intent.status == "requires_capture" and may_grow(intent):
            return self._increment(op_id, intent.id, amount, fee)
        return NotSupported(f"The hold is {intent.status} and can't be raised.")

    def _increment(
        self, op_id: str, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot:
        asked: PaymentIntentIncrementAuthorizationParams = {
            "amount": to_stripe(amount),
            "expand": _WITH_CHARGE,
        }
        if fee is not None:
            asked["application_fee_amount"] = to_stripe(fee)
        raised = self._intents.increment_authorization(payment_intent_id, asked, {"idempotency_key": op_id})
        return snapshot(raised)


def _hold_asked(
    mark: dict[str, str], *, amount: Money, destination: str | None, fee: Money | None
) -> PaymentIntentCreateParams:
    asked: PaymentIntentCreateParams = {
        "amount": to_stripe(amount),
        "currency": amount.currency.lower(),
        "capture_method": "manual",
        # A driver at the barrier is sent nowhere: cards and wallets only, also for the simulated driver.
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "payment_method_options": {"card": _CARD_WISHES},
        "metadata": mark,
        "expand": _WITH_CHARGE,
    }
    if destination:
        asked["transfer_data"] = {"destination": destination}
    if fee is not None:
        asked["application_fee_amount"] = to_stripe(fee)
    return asked


def _amount_asked(amount: Money, fee: Money | None) -> PaymentIntentUpdateParams:
    asked: PaymentIntentUpdateParams = {"amount": to_stripe(amount), "expand": _WITH_CHARGE}
    if fee is not None:
        asked["application_fee_amount"] = to_stripe(fee)
    return asked
