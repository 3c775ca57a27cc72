"""Mail relays: where mail is handed over, and how, read from an address."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

Security = Literal["tls", "starttls", "none"]

_SCHEMES: Final[dict[str, tuple[Security, int]]] = {
    "smtps": ("tls", 465),
    "smtp": ("starttls", 587),
    "smtp+plain": ("none", 25),
}
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}")

WANTED: Final = "smtps://user:password@host:465, smtp://… (with STARTTLS) or smtp+plain://host:25"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and how."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, address: str) -> "Relay":
        """Read a relay from its address; raise ValueError, which never quotes it, for one that is none."""
        parts = urlsplit(address)
        security, port = _SCHEMES.get(parts.scheme, (None, 0))
        named = parts.hostname is not None and _HOST.fullmatch(parts.hostname) is not None
        behind = parts.path not in ("", "/") or parts.query or parts.fragment
        if security is None or parts.hostname is None or not named or behind or parts.port == 0:
            raise ValueError("no relay")
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            security=security,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )
