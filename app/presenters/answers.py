"""What every answer to a write has in common."""

from typing import Any

Response = tuple[dict[str, Any], int, dict[str, str]]
"""A body, a status and headers, as Connexion's handlers return them."""


def headers(replayed: bool) -> dict[str, str]:
    """Return the header of an answer that was given before."""
    return {"Idempotent-Replayed": "true"} if replayed else {}
