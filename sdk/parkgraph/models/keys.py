"""What the contract says of keys."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Model):
    """A key as it is listed, without its secret text."""

    id: str
    """The key's id, which is not the key."""
    name: str
    """What people call the key."""
    scopes: list[
        Literal["agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write", "operator"]
        | str
    ]
    """What the key may do."""
    last_four: str
    """The last four characters of the key, to tell keys apart."""
    created_at: datetime
    """When the key was made."""
    expires_at: datetime | None = None
    """When the key expires; absent where it never does."""
    last_used_at: datetime | None = None
    """When the key was last used, give or take a minute; absent until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyPage(Model):
    """One page of keys."""

    data: list[ApiKey]
    """The keys of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey(Model):
    """A key just made. A replayed answer leaves `key` out."""

    id: str
    """The key's id, which is not the key."""
    name: str
    """What people call the key."""
    scopes: list[
        Literal["agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write", "operator"]
        | str
    ]
    """What the key may do."""
    last_four: str
    """The last four characters of the key, to tell keys apart."""
    created_at: datetime
    """When the key was made."""
    expires_at: datetime | None = None
    """When the key expires; absent where it never does."""
    last_used_at: datetime | None = None
    """When the key was last used, give or take a minute; absent until then."""
    key: str | None = field(default=None, repr=False)
    """The key itself, shown once."""
