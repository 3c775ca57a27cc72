"""What the gate's servers are seeded with, and where the tests and the fuzzer read it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ENOUGH = 1_000_000
"""Requests a minute, and spaces in a lot: more than any run uses up."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A project of the gate's world."""

    project_id: str
    operator_id: str
    key: str
    """Holds every scope that the plan has, and raised budgets."""
    key_id: str
    keys: Mapping[str, str]
    """More keys of the project, by what is special about them."""
    lots: tuple[str, ...]
    """Lots with room for everybody, of this tenant's own operator."""
    special_lots: Mapping[str, str]
    """Lots that refuse sessions, by the reason."""
    paid_sessions: tuple[str, ...] = ()
    """Sessions that are over and paid for, of each of which thousands of small refunds can be made."""


@dataclass(frozen=True, slots=True)
class World:
    """Every tenant by name."""

    tenants: Mapping[str, Tenant]

    @property
    def fuzzed(self) -> Tenant:
        """Return the tenant that the fuzzer works on."""
        return self.tenants["fuzzed"]

    def write(self, path: Path) -> None:
        """Write the world down for another process; its keys open nothing but a temporary server."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "World":
        """Read what `write` wrote."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        tenants = {
            name: Tenant(**tenant | {each: tuple(tenant[each]) for each in ("lots", "paid_sessions")})
            for name, tenant in facts["tenants"].items()
        }
        return cls(tenants=tenants)
