"""What each kind of payment operation asks of the processor.

The key of a call is its operation's id, so an operation may be carried out any number of times and has its
effect once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from app.domain import clock
from app.domain.callers import ProjectKind
from app.domain.errors import BadGateway, PaymentRequired
from app.domain.money import Money, split
from app.gateways import processors
from app.gateways.amounts import chargeable
from app.gateways.card_payments import (
    CardPayments,
    HoldSnapshot,
    NotSupported,
    ProcessorRefused,
    RefundReason,
    ReleaseReason,
    ReplayedFailure,
)
from app.services import installation

FORGOTTEN_AFTER = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 h: from here on, look before leaping."""


class SpentKey(BadGateway):
    """Nothing was done, and under this key nothing will be: the operation needs another one."""


@dataclass(frozen=True, slots=True)
class Task:
    """A pending operation with all that the call needs, so that no transaction is open during it."""

    id: UUID
    kind: str
    params: Mapping[str, Any]
    created_at: datetime
    hold_id: UUID
    session_id: UUID
    currency: str
    payment_intent_id: str
    project_kind: ProjectKind
    project_id: UUID
    destination: str | None

    @property
    def key(self) -> str:
        """Return the idempotency key at the processor: the id, and which key of this operation it is."""
        number = self.params.get("key_number", 0)
        return f"{self.id}-{number}" if number else str(self.id)

    @property
    def params_under_new_key(self) -> dict[str, Any]:
        """Return the parameters with which the operation begins again under its next key."""
        return {**self.params, "key_number": self.params.get("key_number", 0) + 1}

    @property
    def amount(self) -> Money:
        """Read the amount from the operation's parameters."""
        return Money(int(self.params["amount_minor"]), self.currency)


@contextmanager
def one_deadline(task: Task) -> Iterator[None]:
    """Let the calls of an operation, and of those that follow from it, end within the time that one has."""
    with _gateway(task).one_deadline():
        yield


def call(task: Task) -> HoldSnapshot:
    """Ask the processor and return what it says of the hold then.

    Raises PaymentRequired, Overtaken or ProcessorRefused where it said no for good, SpentKey where the
    operation needs another key, BadGateway where the outcome is unknown.
    """
    gateway = _gateway(task)
    with gateway.one_deadline():
        try:
            return _CALLS[task.kind](gateway, task)
        except ReplayedFailure:
            return _look(gateway, task)


def _gateway(task: Task) -> CardPayments:
    return processors.card_payments_for(task.project_kind, task.project_id)


def _look(gateway: CardPayments, task: Task) -> HoldSnapshot:
    """Find out what an operation did whose key the processor answers with a failure for ever."""
    if task.kind in ("create_hold", "add_hold"):
        return _made(gateway, task)
    found = gateway.fetch(task.payment_intent_id)
    done = _was_refunded(gateway, task) if task.kind == "refund" else _IS_DONE[task.kind](found, task)
    if not done:
        raise SpentKey("The payment processor failed, and nothing was done. Try again.")
    return found


def _made(gateway: CardPayments, task: Task) -> HoldSnapshot:
    made = gateway.find_by_op(str(task.id), since=task.created_at)
    if made is None:
        raise ProcessorRefused("The payment processor failed and made no hold. Start again with a new key.")
    return made


def _made_before(gateway: CardPayments, task: Task) -> HoldSnapshot | None:
    """Find the hold of an operation whose key the processor may have forgotten."""
    if clock.now() - task.created_at <= FORGOTTEN_AFTER:
        return None
    return gateway.find_by_op(str(task.id), since=task.created_at)


def _create_hold(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return _made_before(gateway, task) or gateway.create_hold(
        str(task.id),
        session_id=str(task.session_id),
        installation=str(installation.identity()),
        amount=task.amount,
        destination=task.destination,
        fee=_fee(task, task.amount),
        payment_method=task.params.get("payment_method"),
    )


def _add_hold(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return _made_before(gateway, task) or gateway.add_hold(
        str(task.id),
        session_id=str(task.session_id),
        installation=str(installation.identity()),
        payment_intent_id=str(task.params["card_of"]),
        amount=task.amount,
        destination=task.destination,
        fee=_fee(task, task.amount),
    )


def _reprice(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return gateway.reprice(
        task.key,
        payment_intent_id=task.payment_intent_id,
        amount=task.amount,
        fee=_fee(task, task.amount),
    )


def _raise_hold(gateway: CardPayments, task: Task) -> HoldSnapshot:
    raised = gateway.raise_hold(
        task.key,
        payment_intent_id=task.payment_intent_id,
        amount=task.amount,
        fee=_fee(task, task.amount),
    )
    if isinstance(raised, NotSupported):
        raise PaymentRequired("The hold on this card can't be raised, so the session keeps its planned end.")
    return raised


def _authorize(gateway: CardPayments, task: Task) -> HoldSnapshot:
    gateway.keep_card(task.key, payment_intent_id=task.payment_intent_id, session_id=str(task.session_id))
    return gateway.confirm(
        task.key,
        payment_intent_id=task.payment_intent_id,
        payment_method=str(task.params["payment_method"]),
    )


def _capture(gateway: CardPayments, task: Task) -> HoldSnapshot:
    """Take what is due, or as much of it as can be taken.

    Only the processor knows how much that is: the driver may have authorised, or an extension have been
    granted, without our having heard of it yet.
    """
    held = gateway.fetch(task.payment_intent_id)
    if not held.is_authorized:
        return held
    amount = min(task.amount, held.most_capturable)
    return gateway.capture(
        task.key,
        payment_intent_id=task.payment_intent_id,
        amount=amount,
        fee=_fee(task, amount),
    )


def _release(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return gateway.release(
        task.key,
        payment_intent_id=task.payment_intent_id,
        reason=cast(ReleaseReason, task.params["reason"]),
    )


def _refund(gateway: CardPayments, task: Task) -> HoldSnapshot:
    if clock.now() - task.created_at > FORGOTTEN_AFTER and _was_refunded(gateway, task):
        return gateway.fetch(task.payment_intent_id)
    return gateway.refund(
        task.key,
        payment_intent_id=task.payment_intent_id,
        amount=task.amount,
        reason=cast(RefundReason, task.params["reason"]),
        mark=str(task.id),
    )


def _was_refunded(gateway: CardPayments, task: Task) -> bool:
    return gateway.was_refunded(str(task.id), payment_intent_id=task.payment_intent_id)


_CALLS: Mapping[str, Callable[[CardPayments, Task], HoldSnapshot]] = {
    "create_hold": _create_hold,
    "add_hold": _add_hold,
    "raise_hold": _raise_hold,
    "reprice": _reprice,
    "authorize": _authorize,
    "capture": _capture,
    "release": _release,
    "refund": _refund,
}
_IS_DONE: Mapping[str, Callable[[HoldSnapshot, Task], bool]] = {
    "raise_hold": lambda found, task: (
        found.amount == chargeable(task.amount)
        if found.is_open
        else found.is_authorized and found.amount >= chargeable(task.amount)
    ),
    "reprice": lambda found, task: not found.is_open or found.amount == chargeable(task.amount),
    "authorize": lambda found, _: not found.is_open,
    "capture": lambda found, _: not found.is_authorized,
    "release": lambda found, _: found.is_canceled or found.is_captured,
}


def _fee(task: Task, amount: Money) -> Money | None:
    """Return the platform's part of an amount: its part of all that is captured then, less what it has."""
    if task.destination is None:
        return None
    before = Money(task.params.get("captured_minor", 0), task.currency)
    return split(before + amount).platform_fee - split(before).platform_fee
