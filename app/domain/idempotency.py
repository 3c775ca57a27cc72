"""The promise that a request sent twice is carried out once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key and the fingerprint (SHA-256, hexadecimal) of the request that came with it."""

    key: str
    fingerprint: str
