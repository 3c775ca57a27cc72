"""How long and how hard the gate tries: `ci` on every change, `soak` for an hour now and then."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """What a profile spends."""

    examples: int
    """Generated cases per operation and mode in the fuzzing phase."""
    focus_examples: int
    """The same for each action of the dispatchers."""
    few: int
    """The same for operations that take next to nothing."""
    brief_examples: int
    """The same on another database."""
    refereed_examples: int
    """The same for valid cases that pass by a referee."""
    chain_seconds: int
    """How long chains of operations are tried."""
    lot_chain_seconds: int
    """How long chains of operations on lots are, by those who run them."""
    audit_chain_seconds: int
    """How long chains of operations on lots and what the audit log says of them are."""
    key_chain_seconds: int
    """How long chains of operations on keys are."""
    bound_seconds: int
    """When a run of Schemathesis is given up as hanging."""
    keeps_traffic: bool = True
    """Whether every exchange is written down; an hour of them would fill the disk."""


PROFILES: Mapping[str, Effort] = {
    "ci": Effort(
        examples=34,
        focus_examples=60,
        few=120,
        brief_examples=8,
        refereed_examples=4,
        chain_seconds=60,
        lot_chain_seconds=35,
        audit_chain_seconds=25,
        key_chain_seconds=25,
        bound_seconds=600,
    ),
    "soak": Effort(
        examples=2000,
        focus_examples=1000,
        few=2000,
        brief_examples=300,
        refereed_examples=100,
        chain_seconds=1200,
        lot_chain_seconds=900,
        audit_chain_seconds=300,
        key_chain_seconds=300,
        bound_seconds=7200,
        keeps_traffic=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One run of the gate: its effort, and the seed that repeats its generated cases."""

    name: str
    seed: int
    effort: Effort


def from_environment(environ: Mapping[str, str] | None = None) -> Profile:
    """Read GATE_PROFILE (default `ci`) and GATE_SEED (default: a new one, which the gate prints)."""
    given = os.environ if environ is None else environ
    name = given.get("GATE_PROFILE", "ci")
    seed = int(given["GATE_SEED"]) if given.get("GATE_SEED") else secrets.randbelow(2**31)
    return Profile(name=name, seed=seed, effort=PROFILES[name])
