"""A link to an operator's onboarding, as the contract shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.presenters.instants import instant


@dataclass(frozen=True, slots=True)
class Onboarding:
    """A link for an operator, and whether its account takes payments by now."""

    url: str
    expires_at: datetime
    charges_enabled: bool


def present(onboarding: Onboarding) -> dict[str, Any]:
    """Return a link in the contract's shape."""
    return {
        "url": onboarding.url,
        "expires_at": instant(onboarding.expires_at),
        "charges_enabled": onboarding.charges_enabled,
    }
