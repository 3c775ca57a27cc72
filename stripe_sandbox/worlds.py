"""One account's own data, seen through one transaction; nothing here can reach another world."""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stripe_sandbox.refusals import Thing, missing

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

_NOUNS = {"payment_method": "PaymentMethod"}
"""What Stripe's sentences call a kind, where that is not the kind itself."""


class BadWorldName(ValueError):
    """A world is named by 1 to 64 letters, digits, hyphens and underscores."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that brings a change about, as events tell it; the processor itself has none."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """The objects of one account at one instant of its own clock (Unix seconds)."""

    db: sqlite3.Connection
    name: str
    now: int
    cause: Cause = Cause()

    def at(self, instant: int) -> "World":
        """See the same world at another instant."""
        return replace(self, now=instant)

    def save(self, thing: Thing) -> Thing:
        """Write an object down, new or changed, and return it."""
        self.db.execute(
            "INSERT INTO objects (world, kind, id, created, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (world, kind, id) DO UPDATE SET body = excluded.body",
            (self.name, thing["object"], thing["id"], thing["created"], json.dumps(thing)),
        )
        return thing

    def find(self, kind: str, identifier: str) -> Thing | None:
        """Return an object, or None."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE world = ? AND kind = ? AND id = ?", (self.name, kind, identifier)
        ).fetchone()
        return _thing(row[0]) if row else None

    def get(self, kind: str, identifier: str, *, param: str = "id") -> Thing:
        """Return an object; refuse with 404 naming `param` if this world has none such."""
        thing = self.find(kind, identifier)
        if thing is None:
            raise missing(_NOUNS.get(kind, kind), identifier, param=param)
        return thing

    def select(self, kind: str, *, having: Mapping[str, str] | None = None) -> list[Thing]:
        """Return the objects of a kind, oldest first, whose top-level fields have these values."""
        conditions, values = field_conditions(having or {})
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE world = ? AND kind = ? {conditions} ORDER BY sequence",
            (self.name, kind, *values),
        )
        return [_thing(body) for (body,) in rows]

    def due(self, kind: str, field: str) -> list[Thing]:
        """Return the objects of a kind whose field holds an instant that has passed, oldest first."""
        rows = self.db.execute(
            "SELECT body FROM objects WHERE world = ? AND kind = ? AND json_extract(body, ?) <= ?"
            " ORDER BY json_extract(body, ?), sequence",
            (self.name, kind, f"$.{field}", self.now, f"$.{field}"),
        )
        return [_thing(body) for (body,) in rows]

    def first_hold_to_expire(self) -> Thing | None:
        """Return the held PaymentIntent whose authorization has run out the longest ago, or None."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE world = ? AND json_extract(body, '$._expires_at') <= ?"
            " ORDER BY json_extract(body, '$._expires_at'), sequence LIMIT 1",
            (self.name, self.now),
        ).fetchone()
        return _thing(row[0]) if row else None


def check_name(name: str) -> str:
    """Return the name of a world, or raise BadWorldName."""
    if not _NAME.fullmatch(name):
        raise BadWorldName(f"{name!r} does not name a world.")
    return name


def field_conditions(having: Mapping[str, str]) -> tuple[str, list[str]]:
    """Write the SQL for fields that must have a value, and the values to bind."""
    conditions = "".join(" AND json_extract(body, ?) = ?" for _ in having)
    return conditions, [part for name, value in having.items() for part in (f"$.{name}", value)]


def _thing(body: str) -> Thing:
    thing: Thing = json.loads(body)
    return thing
