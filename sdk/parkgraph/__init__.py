"""The client library of Park Graph: find, hold and pay for parking, and run your own lots.

>>> from parkgraph.testing import Rehearsal
>>> rehearsal = Rehearsal()
>>> rehearsal.answer("getHealth", {"status": "ok"})
>>> with ParkGraph(transport=rehearsal) as park:
...     park.status.get_health().status
'ok'
"""

from parkgraph.answers import Answer, Budget
from parkgraph.client import AsyncParkGraph, ParkGraph
from parkgraph.errors import (
    AgentOptInRequired,
    BadGateway,
    BadRequest,
    Conflict,
    Detail,
    Forbidden,
    IdempotencyKeyReused,
    Internal,
    InvalidAnswer,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotModified,
    NotReached,
    ParkGraphError,
    PayloadTooLarge,
    PaymentRequired,
    RateLimited,
    Refused,
    ServiceUnavailable,
    Unauthorized,
    UnsupportedMediaType,
    UpgradeRequired,
)
from parkgraph.model import UNCHANGED, Model, Unchanged
from parkgraph.pages import AsyncPages, CsvPart, Pages
from parkgraph.retries import Retries
from parkgraph.version import VERSION

__version__ = VERSION

__all__ = [
    "UNCHANGED",
    "AgentOptInRequired",
    "Answer",
    "AsyncPages",
    "AsyncParkGraph",
    "BadGateway",
    "BadRequest",
    "Budget",
    "Conflict",
    "CsvPart",
    "Detail",
    "Forbidden",
    "IdempotencyKeyReused",
    "Internal",
    "InvalidAnswer",
    "MethodNotAllowed",
    "Model",
    "NotAcceptable",
    "NotFound",
    "NotModified",
    "NotReached",
    "Pages",
    "ParkGraph",
    "ParkGraphError",
    "PayloadTooLarge",
    "PaymentRequired",
    "RateLimited",
    "Refused",
    "Retries",
    "ServiceUnavailable",
    "Unauthorized",
    "Unchanged",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "__version__",
]
