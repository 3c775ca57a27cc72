"""API keys: `pk_live_` or `pk_test_`, 26 random letters and digits, and a checksum of six.

The checksum (CRC-32 in base 62, as GitHub's tokens carry one) turns a typing error away before any database
is asked, and lets scanners of leaked secrets tell a key from a look-alike. Only the random part protects.
"""

import re
import secrets
from hashlib import sha256
from string import ascii_letters, digits
from zlib import crc32

from app.domain.callers import ProjectKind

LIVE_PREFIX = "pk_live_"
TEST_PREFIX = "pk_test_"

PATTERN = r"^pk_(live|test)_[A-Za-z0-9]{32}$"

_ALPHABET = digits + ascii_letters
_RANDOM_LENGTH = 26
_CHECKSUM_LENGTH = 6
_KEY = re.compile(PATTERN.removesuffix("$") + r"\Z")
# Stripe's secrets pass through the same logs; `%5F` is an underscore in a query string.
_SECRETS = re.compile(
    r"(?P<kind>(?:pk|sk|rk)(?:_|%5F)(?:live|test)(?:_|%5F)|whsec_|(?:pi|seti)_[A-Za-z0-9]+_secret_)[A-Za-z0-9+/=]+",
    re.IGNORECASE,
)


def make(kind: ProjectKind) -> str:
    """Make a new key for a project of this kind; it is shown once and never stored."""
    prefix = LIVE_PREFIX if kind == "live" else TEST_PREFIX
    rest = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return rest + _checksum(rest)


def is_well_formed(text: str) -> bool:
    """Tell whether a text is a key that we may have made: its form and its checksum are right."""
    return _KEY.match(text) is not None and _checksum(text[:-_CHECKSUM_LENGTH]) == text[-_CHECKSUM_LENGTH:]


def kind_of(key: str) -> ProjectKind:
    """Return the kind of project that a well-formed key belongs to."""
    return "live" if key.startswith(LIVE_PREFIX) else "sandbox"


def hash_of(key: str) -> str:
    """Return what is stored of a key: its SHA-256, hexadecimal (155 random bits need no slow hash)."""
    return sha256(key.encode()).hexdigest()


def last_four(key: str) -> str:
    """Return the four characters by which people tell their keys apart."""
    return key[-4:]


def redact(text: str) -> str:
    """Blot out everything that looks like a key or a secret, leaving what kind it was."""
    return _SECRETS.sub(r"\g<kind>[redacted]", text)


def _checksum(rest: str) -> str:
    number, symbols = crc32(rest.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, symbol = divmod(number, len(_ALPHABET))
        symbols = _ALPHABET[symbol] + symbols
    return symbols
