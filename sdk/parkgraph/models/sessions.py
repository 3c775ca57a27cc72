"""What the contract says of sessions."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.payments import Payment
from parkgraph.models.rates import LineItem

SessionStatus = Literal["active", "completed", "expired"]
"""`active` until it is ended, or `expired` when nobody authorised the hold in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendSessionParameters(Model):
    """Which session to prolong, and by how much."""

    session_id: str
    """The session's id."""
    session_code: str = field(repr=False)
    """The session's short code, made to be read out; it has no i, l, o and 0."""
    extend_hours: float
    """How many hours to add; beyond the lot's longest stay, or what a card can pay, it is a 409."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Model):
    """One paid stay of one plate in one lot. What is not known yet is absent."""

    id: str
    """The session's id."""
    session_code: str = field(repr=False)
    """The session's short code, made to be read out; it has no i, l, o and 0."""
    lot_id: str
    """The lot's id."""
    status: SessionStatus | str
    """`active` until it is ended, or `expired` when nobody authorised the hold in time."""
    rate: Decimal
    """The price of one hour at this moment, tax included, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    started_at: datetime
    """When the stay began."""
    planned_end_at: datetime
    """When the stay is planned to end; if nobody ends it, it runs on."""
    ended_at: datetime | None = None
    """When the stay ended; absent until then."""
    duration_hours: float | None = None
    """How long the stay was, in hours to two places; absent until it ends."""
    line_items: list[LineItem] | None = None
    """How the subtotal comes about; the amounts add up to it. Absent until the session ends."""
    subtotal: Decimal | None = None
    """What the stay cost, tax included, in major units; absent until it ends."""
    owner_payout: Decimal | None = None
    """The lot owner's share of what was taken and kept, in major units; absent until the session ends."""
    payment_intent_id: str
    """The Stripe PaymentIntent that holds the money, the first of several."""
    client_secret: str | None = field(default=None, repr=False)
    """What the driver's device authorises the hold with; shown to the making project until then."""
    plate: str
    """The license plate, or `erased` once the driver's data was erased."""
    payment: Payment
    """The state of the session's money."""
    receipt_url: str = field(repr=False)
    """The driver's page: the price so far, a card to authorise, more time, the end. Whoever has the link
    may use it.
    """
    receipt_qr_url: str = field(repr=False)
    """The link of the driver's page as a QR code (SVG), to be shown where the driver has another device."""
    metadata: dict[str, str] | None = None
    """Your own notes on the session, given back as they are. Never put personal data here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage(Model):
    """One page of sessions, newest first."""

    data: list[Session]
    """The sessions of this page."""
    next_cursor: str | None = None
    """Where a page of a list by time ends. Pass it back as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSessionParameters(Model):
    """Which lot, for which plate, and for how long."""

    lot_id: str
    """The lot's id."""
    plate: str
    """The license plate; capitals, spaces, hyphens and dots make no difference."""
    duration_hours: float | None = None
    """How long the driver plans to stay; beyond the lot's longest stay, or what a card can pay, it is a
    409.
    """
    payment_method: str | None = None
    """A Stripe payment method that the driver's device tokenised before; the hold is then confirmed at
    once.
    """
    email: str | None = None
    """Where the driver is reminded of the stay's end, and told what is still to be paid."""
    metadata: dict[str, str] | None = None
    """Your own notes on the session, given back as they are. Never put personal data here."""
    quote_id: str | None = None
    """A quote's id, as given by create_quote. Its price holds for a stay in that lot within its window."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSessionParameters(Model):
    """Which session to look up."""

    session_id: str
    """The session's id."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionParameters(Model):
    """Which session to end."""

    session_id: str
    """The session's id."""
    session_code: str = field(repr=False)
    """The session's short code, made to be read out; it has no i, l, o and 0."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""
