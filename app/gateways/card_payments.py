"""What we ask of a card processor, and what it may answer; nothing here knows Stripe.

Every writing call takes the id of a payment operation, which is the idempotency key at the processor: called
again with the same id it has its effect once. Calls are refused inside an open transaction, end within six
seconds over all tries, and raise only these:

PaymentRequired           the card was declined, or there is no such payment method: final
Overtaken                 something newer does not allow it any more: final, nothing happened
BadGateway                whether it happened is not known: ask again with the same id
    ProcessorRefused      the processor understood and will not do it, ever: final, nothing happened
    ReplayedFailure       the same id will only repeat this failure: look with fetch or find_by_op
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from app.domain.errors import BadGateway, Conflict
from app.domain.money import Money

ReleaseReason = Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"]
RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


class Overtaken(Conflict):
    """Something newer does not allow this any more, such as a dispute the refund of what it took."""


class ProcessorRefused(BadGateway):
    """The processor will not do this, however often it is asked; nothing happened."""


class ReplayedFailure(BadGateway):
    """The processor failed under this operation's id, and under that id will only say so again."""


@dataclass(frozen=True, slots=True)
class HoldSnapshot:
    """What the processor says of a hold now."""

    payment_intent_id: str
    client_secret: str | None
    status: str
    """Stripe's word: requires_payment_method, requires_capture, succeeded, canceled, …"""
    amount: Money
    amount_capturable: Money
    most_capturable: Money
    """What may be captured at most: of some cards a little more than is held."""
    amount_received: Money
    amount_refunded: Money
    """How much of what was received went back, whoever asked for it."""
    paid_out: Money
    """What is at the operator's own account of it: transferred less the fee, and less what was taken back."""
    capture_before: datetime | None
    """When the issuer lets go of the money; known once it is held."""

    @property
    def is_authorized(self) -> bool:
        """Tell whether money is held and waits to be captured."""
        return self.status == "requires_capture"

    @property
    def is_captured(self) -> bool:
        """Tell whether the money was taken."""
        return self.status == "succeeded"

    @property
    def is_canceled(self) -> bool:
        """Tell whether the hold was given back, by us or because it ran out."""
        return self.status == "canceled"

    @property
    def is_open(self) -> bool:
        """Tell whether the driver has not authorised anything yet."""
        return self.status in ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True, slots=True)
class MadeHold:
    """A hold as it stands at the processor, with the operation that it says it was made for."""

    operation: str | None
    installation: str | None
    """The installation that made it: several may share an account."""
    hold: HoldSnapshot


@dataclass(frozen=True, slots=True)
class MadeHolds:
    """A page of them; `next_after` is where the following page begins, None behind the last."""

    made: Sequence[MadeHold]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class NotSupported:
    """The processor can't raise this hold; another one is needed."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """An operator's own account at the processor."""

    id: str
    can_be_paid: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at the processor, told by a request whose signature was verified."""

    id: str
    type: str
    subject_id: str | None
    """What happened to it: the id of a payment intent, a refund, an account, …"""
    payment_intent_id: str | None
    livemode: bool
    account: str | None
    """The connected account that it is about, where Stripe says so."""


class CardPayments(Protocol):
    """Holds on drivers' cards, for one project."""

    def one_deadline(self) -> AbstractContextManager[None]:
        """Let all calls in a block end within the six seconds that one has."""
        ...

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
        """Ask for a hold; with a payment method it is confirmed at once, and that is kept for another hold.

        `installation` is who we are among those that share an account, `destination` the operator's connected
        account, `fee` the platform's part of the amount.
        """
        ...

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
        """Ask the card of an earlier hold for another one, while its driver is away.

        A card that does not give it, or wants to see its driver, is no refusal: the hold then stands open and
        waits for the driver, as does one after a hold that nobody authorised.
        """
        ...

    def reprice(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot:
        """Ask the driver for another amount; a hold that is authorised by then is answered as it is."""
        ...

    def raise_hold(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot | NotSupported:
        """Raise a hold to a new total, whether or not the driver authorised it already."""
        ...

    def keep_card(self, op_id: str, *, payment_intent_id: str, session_id: str) -> HoldSnapshot:
        """Let the card be kept that the driver is about to authorise with, so that it can be asked again.

        A hold that is authorised, or over, is answered as it is.
        """
        ...

    def confirm(self, op_id: str, *, payment_intent_id: str, payment_method: str) -> HoldSnapshot:
        """Authorise a hold in the driver's place; one that is authorised already is answered as it is."""
        ...

    def capture(
        self, op_id: str, *, payment_intent_id: str, amount: Money, fee: Money | None
    ) -> HoldSnapshot:
        """Take part of a hold, once, and let the rest go; what is over already is answered as it is."""
        ...

    def release(self, op_id: str, *, payment_intent_id: str, reason: ReleaseReason) -> HoldSnapshot:
        """Let a hold go; what is over already is answered as it is."""
        ...

    def refund(
        self, op_id: str, *, payment_intent_id: str, amount: Money, reason: RefundReason, mark: str
    ) -> HoldSnapshot:
        """Give captured money back, the operator's and the platform's part of it in proportion.

        `mark` is what `was_refunded` finds the refund by, under whichever key it was asked for.
        """
        ...

    def was_refunded(self, mark: str, *, payment_intent_id: str) -> bool:
        """Tell whether a refund of this mark was made."""
        ...

    def fetch(self, payment_intent_id: str) -> HoldSnapshot:
        """Return what the processor says of a hold now."""
        ...

    def declines(self, payment_intent_id: str, *, since: datetime) -> Sequence[datetime]:
        """Return when cards were declined for a hold."""
        ...

    def find_by_op(self, op_id: str, *, since: datetime) -> HoldSnapshot | None:
        """Find the hold that an operation made within a day of `since`, when it was written down, or None."""
        ...

    def made_between(self, since: datetime, until: datetime, *, after: str | None = None) -> MadeHolds:
        """Return a page of the holds made from an instant to another, in the account's own time."""
        ...

    def create_connected_account(self, op_id: str, *, name: str, country: str = "US") -> ConnectedAccount:
        """Open an operator's account, into which its share is paid."""
        ...
