"""Every way in which Park Graph says no.

ParkGraphError
    BadRequest                  400  a parameter is missing or out of range
    Unauthorized                401  no usable credential
    PaymentRequired             402  the card was declined
    Forbidden                   403  the credential does not reach this far
        AgentOptInRequired      403  the lot does not take agents' sessions
    NotFound                    404  no such thing, for this caller
    MethodNotAllowed            405
    NotAcceptable               406
    Conflict                    409  the thing is not in a state that allows this
        LotFull                 409
    PayloadTooLarge             413
    UnsupportedMediaType        415
    IdempotencyKeyReused        422  the key belongs to another request
    UpgradeRequired             426  plaintext where TLS is asked for
    RateLimited                 429
    Internal                    500
    BadGateway                  502  the payment processor did not answer as it should
    ServiceUnavailable          503  the database is away
        GivenUp                 503  it gave up one transaction for another's sake

The codes and their HTTP statuses stand once, in spec/catalogue.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Detail:
    """One offending field and what is wrong with it."""

    field: str
    message: str


class ParkGraphError(Exception):
    """A refusal that a caller can read; `message` never holds a plate, an email or a whole key."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        details: Iterable[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.headers = dict(headers or {})


class BadRequest(ParkGraphError):
    """A parameter is missing or out of range; `details` lists every offending field."""

    code = "BAD_REQUEST"

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """Name one offending field."""
        return cls(f"{field}: {message}", details=[Detail(field, message)])


class Unauthorized(ParkGraphError):
    """No usable credential came with the request."""

    code = "UNAUTHORIZED"


class PaymentRequired(ParkGraphError):
    """The card was declined, or the payment method is unknown."""

    code = "PAYMENT_REQUIRED"


class Forbidden(ParkGraphError):
    """The credential is valid, but its plan or scopes do not include this."""

    code = "FORBIDDEN"


class AgentOptInRequired(Forbidden):
    """The lot's operator does not let agents create sessions."""

    code = "AGENT_OPT_IN_REQUIRED"


class NotFound(ParkGraphError):
    """There is no such thing, or this caller may not know of it."""

    code = "NOT_FOUND"


class MethodNotAllowed(ParkGraphError):
    """The path exists, the method does not."""

    code = "METHOD_NOT_ALLOWED"


class NotAcceptable(ParkGraphError):
    """Nothing that the operation can answer matches the Accept header."""

    code = "NOT_ACCEPTABLE"


class Conflict(ParkGraphError):
    """The thing is not in a state that allows this."""

    code = "CONFLICT"

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """Name the field that stands in the way."""
        return cls(message, details=[Detail(field, message)])


class LotFull(Conflict):
    """Every space of the lot is taken."""

    def __init__(self) -> None:
        message = "This lot has no space left. Search again for another lot."
        super().__init__(message, details=[Detail("lot_id", message)])


class PayloadTooLarge(ParkGraphError):
    """The body is larger than 1,048,576 bytes."""

    code = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaType(ParkGraphError):
    """The body is not of a media type that the operation takes."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class IdempotencyKeyReused(ParkGraphError):
    """The idempotency key was used for another request before."""

    code = "IDEMPOTENCY_KEY_REUSED"


class UpgradeRequired(ParkGraphError):
    """The request came in plaintext where TLS is required."""

    code = "UPGRADE_REQUIRED"


class RateLimited(ParkGraphError):
    """A budget is used up; `headers` carries Retry-After."""

    code = "RATE_LIMITED"


class Internal(ParkGraphError):
    """Something failed that should not have."""

    code = "INTERNAL"


class BadGateway(ParkGraphError):
    """The payment processor did not answer as it should; safe to retry with the same idempotency key."""

    code = "BAD_GATEWAY"


class ServiceUnavailable(ParkGraphError):
    """Something that the server stands on is away; `headers` carries Retry-After."""

    code = "SERVICE_UNAVAILABLE"


class GivenUp(ServiceUnavailable):
    """The database gave up a transaction for another's sake; it may well pass when it is tried again."""
