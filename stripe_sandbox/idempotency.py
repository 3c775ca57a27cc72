"""Stripe's promise for v1 (docs.stripe.com/api/idempotent_requests): one key, one outcome, for 24 hours.

Kept are status and body of every request whose execution began, whatever came of it, 402 and 500 too.
Not kept: a request that was not understood, and one that met another under the same key (409).
The processor's own clock counts the 24 hours; moving a world's clock does not make it forget.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stripe_sandbox.refusals import Invalid, Refusal, Thing

_KEPT_SECONDS = 24 * 3600
_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was answered when the key was first seen."""

    status: int
    body: Thing
    request_id: str


def check_key(key: str) -> None:
    """Refuse a key that is too long to keep."""
    if len(key) > _LONGEST_KEY:
        raise Invalid(f"Idempotency keys have at most {_LONGEST_KEY} characters.")


def fingerprint(method: str, path: str, body: str) -> str:
    """Return what two requests under one key must agree in."""
    return hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()


def recall(db: sqlite3.Connection, world: str, key: str, *, fingerprint: str, at: float) -> Remembered | None:
    """Return the first answer under this key, or None; refuse with 400 if it was another request's."""
    row = db.execute(
        "SELECT fingerprint, status, body, request_id FROM idempotency_keys"
        " WHERE world = ? AND key = ? AND kept_at > ?",
        (world, key, at - _KEPT_SECONDS),
    ).fetchone()
    if row is None:
        return None
    first, status, body, request_id = row
    if first != fingerprint:
        raise Refusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used"
            f" with. Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Remembered(status, json.loads(body), request_id)


def remember(
    db: sqlite3.Connection, world: str, key: str, answer: Remembered, *, fingerprint: str, at: float
) -> None:
    """Keep an answer, and forget those of more than 24 hours ago."""
    db.execute("DELETE FROM idempotency_keys WHERE kept_at <= ?", (at - _KEPT_SECONDS,))
    db.execute(
        "INSERT INTO idempotency_keys (world, key, fingerprint, status, body, request_id, kept_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (world, key, fingerprint, answer.status, json.dumps(answer.body), answer.request_id, at),
    )


class InFlight:
    """The keys under which this process is carrying a request out right now.

    Another process under the same key waits for the file's write lock and then finds the first answer.
    """

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._guard = threading.Lock()

    @contextmanager
    def claim(self, world: str, key: str) -> Iterator[None]:
        """Hold a key while the block runs; refuse with 409 if another thread holds it."""
        with self._guard:
            if (world, key) in self._keys:
                raise Refusal(
                    f"There is currently another in-progress request using this Idempotency-Key: {key}."
                    " Wait until it has completed and try again.",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._keys.add((world, key))
        try:
            yield
        finally:
            with self._guard:
                self._keys.discard((world, key))
