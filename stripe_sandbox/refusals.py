"""Every way in which the processor says no, with Stripe's statuses, types, codes and sentences.

Refusal               4xx  the request was understood and cannot be carried out
    Invalid           400  the request itself is wrong: nothing began, no idempotency key remembers it
    Declined          402  the card was refused: what was written down of the attempt stays
"""

from typing import Any

Thing = dict[str, Any]
"""One object of Stripe's API, as it stands in JSON; keys that begin with `_` never leave the sandbox."""

_ERROR_DOCS = "https://docs.stripe.com/error-codes/"


class Refusal(Exception):
    """An answer that is an error, in Stripe's error object."""

    status = 400

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        facts: Thing | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status or self.status
        self.error: Thing = {"type": kind, "message": message}
        if code:
            self.error |= {"code": code, "doc_url": _ERROR_DOCS + code.replace("_", "-")}
        if param:
            self.error["param"] = param
        self.error |= facts or {}

    def body(self) -> Thing:
        """Return the JSON that Stripe would answer."""
        return {"error": public(self.error)}


class Invalid(Refusal):
    """The request can't be understood, so nothing began."""


class Declined(Refusal):
    """The card's issuer, or the driver at the challenge, said no."""

    status = 402

    def __init__(self, message: str, *, code: str, decline_code: str | None, facts: Thing) -> None:
        reason = {"decline_code": decline_code} if decline_code else {}
        super().__init__(message, kind="card_error", code=code, facts=facts | reason)


def missing(noun: str, identifier: str, *, param: str) -> Refusal:
    """Say that there is no such object in this world."""
    return Refusal(f"No such {noun}: '{identifier}'", status=404, code="resource_missing", param=param)


def unexpected_state(intent: Thing, *, done: str, allowed: tuple[str, ...]) -> Refusal:
    """Say that a PaymentIntent's status does not allow what was asked; `done` is `captured`, `canceled`, …"""
    return Refusal(
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {done}: {', '.join(allowed)}.",
        code="payment_intent_unexpected_state",
        facts={"payment_intent": intent},
    )


def public(value: Any) -> Any:
    """Leave out what only the sandbox knows: every key that begins with `_`, at any depth."""
    if isinstance(value, dict):
        return {key: public(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(inner) for inner in value]
    return value
