"""Sign events as Stripe does (docs.stripe.com/webhooks#verify-manually)."""

import hmac
import time
from hashlib import sha256

from requests import PreparedRequest
from requests.auth import AuthBase

from gate.servers import WEBHOOK_SECRET


def stripe_signature(body: bytes, *, at: int | None = None, secret: str = WEBHOOK_SECRET) -> str:
    """Return the Stripe-Signature header of a body, signed at a time in Unix seconds (default: now)."""
    signed_at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{signed_at}.".encode() + body, sha256).hexdigest()
    return f"t={signed_at},v1={digest}"


class StripeSigner(AuthBase):
    """Sign a request of the `requests` library when its body stands."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the signature on."""
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        request.headers["Stripe-Signature"] = stripe_signature(raw)
        return request
