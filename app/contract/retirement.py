"""How an operation leaves: since when it is deprecated, when it ends, and where that is explained."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.contract.load import Json, SpecError

DEPRECATED_AT: Final = "x-deprecated-at"
SUNSET: Final = "x-sunset"
NOTICE: Final = timedelta(days=180)
"""The shortest time between the word and the deed: two quarterly releases of a client, and a late one."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """The farewell of a deprecated operation, as its `deprecated`, dates and `externalDocs` say."""

    deprecated_at: datetime | None
    sunset_at: datetime | None
    """From when on it may be gone (RFC 8594)."""
    explained_at: str | None
    """The address of what its callers read."""


def read(node: Json) -> Retirement | None:
    """Read an operation's farewell; None if it stays. Raise SpecError for a date that is none."""
    if not node.get("deprecated", False):
        return None
    return Retirement(
        deprecated_at=_date(node, DEPRECATED_AT),
        sunset_at=_date(node, SUNSET),
        explained_at=node.get("externalDocs", {}).get("url"),
    )


def instant(written: Any) -> datetime | None:
    """Read an instant with its zone (RFC 3339); None if it is none."""
    try:
        read = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo is not None else None


def _date(node: Json, key: str) -> datetime | None:
    if key not in node:
        return None
    found = instant(node[key])
    if found is None:
        raise SpecError(f"{node.get('operationId')}: {key} is no instant like 2026-12-01T00:00:00Z")
    return found
