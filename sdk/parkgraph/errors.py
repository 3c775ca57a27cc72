"""Every way in which a call can fail.

ParkGraphError
    NotReached                      no answer came: no connection, or none in time
    InvalidAnswer                   what came is not an answer of Park Graph
    NotModified                304  what `if_none_match` names is still so
    Refused                         an answer of the error catalogue
        BadRequest             400  a parameter is missing or out of range
        Unauthorized           401  no key, or not a valid one
        PaymentRequired        402  the card was declined
        Forbidden              403  the key's plan or scopes do not reach this far
            AgentOptInRequired 403  the lot does not take agents' sessions
        NotFound               404  no such thing, or not yours to see
        MethodNotAllowed       405
        NotAcceptable          406
        Conflict               409  the thing is not in a state that allows this
        PayloadTooLarge        413
        UnsupportedMediaType   415
        IdempotencyKeyReused   422  the key belongs to another request
        UpgradeRequired        426  plaintext where TLS is asked for
        RateLimited            429  a rate budget is used up
        Internal               500  something failed at Park Graph
        BadGateway             502  the payment processor did not answer as it should
        ServiceUnavailable     503  the server cannot reach what it stands on
WebhookRefused                      a webhook that is not from Park Graph, or too old (in `webhooks`)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from parkgraph.answers import Answer, Budget


@dataclass(frozen=True, slots=True)
class Detail:
    """One offending field and what is wrong with it."""

    field: str
    message: str


class ParkGraphError(Exception):
    """Anything that keeps a call from giving back what it is for."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be copied, and sent to another process, with all that it holds."""
        return _made_again, (type(self), self.args), vars(self)


def _made_again(kind: type[ParkGraphError], args: Sequence[Any]) -> ParkGraphError:
    return kind.__new__(kind, *args)  # what it holds is put in by whoever copies it


class NotReached(ParkGraphError):
    """No answer came. A write may have been carried out: repeat it with the same idempotency key."""

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.idempotency_key = idempotency_key
        """The key that the write was sent with; None for what only reads."""


class InvalidAnswer(ParkGraphError):
    """What came is not an answer of Park Graph: a page of a proxy, or a redirect.

    A write may have been carried out: repeat it with the same idempotency key.
    """

    def __init__(
        self, message: str, *, answer: Answer, content: bytes, idempotency_key: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.answer = answer
        self.content = content
        """The body as it came. It is not in the message, as it may hold a key or a plate."""
        self.idempotency_key = idempotency_key
        """The key that the write was sent with; None for what only reads."""


class NotModified(ParkGraphError):
    """What the ETag in `if_none_match` names is still so; use what you have."""

    def __init__(self, *, answer: Answer) -> None:
        super().__init__("What you have is still so.")
        self.answer = answer


class Refused(ParkGraphError):
    """An answer of the error catalogue; this class itself is a code that this version does not know."""

    CODE: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        answer: Answer,
        code: str | None = None,
        request_id: str | None = None,
        details: Sequence[Detail] = (),
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.answer = answer
        self.code = code or self.CODE
        self.request_id = request_id or answer.request_id
        self.details = tuple(details)
        self.idempotency_key = idempotency_key
        """The key that the write was sent with; None for what only reads."""

    def __str__(self) -> str:
        # the message tells the first of the details
        more = f" … and {len(self.details) - 1} more" if len(self.details) > 1 else ""
        named = f" ({self.request_id})" if self.request_id else ""
        return f"{self.status} {self.code}: {self.message}{more}{named}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.answer.status

    @property
    def budget(self) -> Budget | None:
        """Return the rate budget with least left."""
        return self.answer.budget

    @property
    def retry_after(self) -> float | None:
        """Return the seconds to wait before trying again; None where the server names none."""
        return self.answer.retry_after


class BadRequest(Refused):
    """A parameter is missing or out of range; `details` lists every offending field."""

    CODE = "BAD_REQUEST"


class Unauthorized(Refused):
    """There is no key, or it is not valid, or not any more."""

    CODE = "UNAUTHORIZED"


class PaymentRequired(Refused):
    """The card was declined, or the payment method is unknown."""

    CODE = "PAYMENT_REQUIRED"


class Forbidden(Refused):
    """The key is valid, but its plan or its scopes do not include this operation."""

    CODE = "FORBIDDEN"


class AgentOptInRequired(Forbidden):
    """The lot's operator does not let agents create sessions in this lot."""

    CODE = "AGENT_OPT_IN_REQUIRED"


class NotFound(Refused):
    """The thing does not exist, has been deleted, or is not yours to see."""

    CODE = "NOT_FOUND"


class MethodNotAllowed(Refused):
    """The path exists, but not with this method."""

    CODE = "METHOD_NOT_ALLOWED"


class NotAcceptable(Refused):
    """The operation cannot answer in any media type of the Accept header."""

    CODE = "NOT_ACCEPTABLE"


class Conflict(Refused):
    """The thing is not in a state that allows this, or the first request with this key still runs."""

    CODE = "CONFLICT"


class PayloadTooLarge(Refused):
    """The body is larger than 1,048,576 bytes."""

    CODE = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaType(Refused):
    """The body is not of a media type that the operation takes."""

    CODE = "UNSUPPORTED_MEDIA_TYPE"


class IdempotencyKeyReused(Refused):
    """The idempotency key was used for a different request before."""

    CODE = "IDEMPOTENCY_KEY_REUSED"


class UpgradeRequired(Refused):
    """The request came in plaintext where TLS is required."""

    CODE = "UPGRADE_REQUIRED"


class RateLimited(Refused):
    """A rate budget is used up, and waiting for it took longer than `Retries` allows."""

    CODE = "RATE_LIMITED"


class Internal(Refused):
    """Something failed at Park Graph; give the request id to support."""

    CODE = "INTERNAL"


class BadGateway(Refused):
    """The payment processor returned an error or did not answer in time; nothing is charged twice."""

    CODE = "BAD_GATEWAY"


class ServiceUnavailable(Refused):
    """The server cannot reach what it stands on."""

    CODE = "SERVICE_UNAVAILABLE"


CATALOGUE: Final[dict[str, type[Refused]]] = {
    kind.CODE: kind
    for kind in (
        BadRequest,
        Unauthorized,
        PaymentRequired,
        Forbidden,
        AgentOptInRequired,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        Conflict,
        PayloadTooLarge,
        UnsupportedMediaType,
        IdempotencyKeyReused,
        UpgradeRequired,
        RateLimited,
        Internal,
        BadGateway,
        ServiceUnavailable,
    )
}
"""The class of each code."""
