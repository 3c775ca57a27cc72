"""What the contract says of common."""

from typing import Literal

ErrorCode = Literal[
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "PAYMENT_REQUIRED",
    "FORBIDDEN",
    "AGENT_OPT_IN_REQUIRED",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "CONFLICT",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "IDEMPOTENCY_KEY_REUSED",
    "UPGRADE_REQUIRED",
    "RATE_LIMITED",
    "INTERNAL",
    "BAD_GATEWAY",
    "SERVICE_UNAVAILABLE",
]
"""The code of the catalogue that disambiguates within an HTTP status."""


Plan = Literal["starter", "growth", "enterprise"]
"""The operator's plan. `starter` has no agent actions."""
