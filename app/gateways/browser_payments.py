"""What a page needs so that a card can be typed in on it: the processor's script, and a key for browsers.

Sources are those that Stripe publishes for Content-Security-Policy (docs.stripe.com/security/guide).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from app.domain.callers import ProjectKind
from app.gateways.processors import EMBEDDED_LIVE_WORLD
from app.settings import Settings
from stripe_sandbox import publishable_key

SANDBOX_PATH = "/stripe-sandbox"
"""Where the embedded processor meets browsers."""

_STRIPE_SCRIPT = "https://js.stripe.com/endive/stripe.js"
"""Of the train of versions that the pinned version of the API belongs to."""
_STRIPE_FRAMES = ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com")
_STRIPE_API = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class BrowserPayments:
    """How a browser reaches a project's processor."""

    publishable_key: str
    script_url: str
    script_sources: tuple[str, ...] = ()
    frame_sources: tuple[str, ...] = ()
    connect_sources: tuple[str, ...] = ()


def find(settings: Settings, kind: ProjectKind, world: UUID | str) -> BrowserPayments | None:
    """Return how cards are typed in for a project; None where payments are off, or no key is set."""
    match settings.payments_live if kind == "live" else settings.payments_sandbox:
        case "embedded":
            key = publishable_key(EMBEDDED_LIVE_WORLD if kind == "live" else str(world))
            return BrowserPayments(key, f"{SANDBOX_PATH}/v3/stripe.js")
        case "stripe-test":
            return _at_stripe(settings, settings.stripe_test_publishable_key)
        case "stripe-live":
            return _at_stripe(settings, settings.stripe_live_publishable_key)
        case "off":
            return None


def _at_stripe(settings: Settings, key: str | None) -> BrowserPayments | None:
    if key is None:
        return None
    script_url = settings.stripe_js_url or _STRIPE_SCRIPT
    parts = urlsplit(script_url)
    return BrowserPayments(
        publishable_key=key,
        script_url=script_url,
        script_sources=tuple(dict.fromkeys((f"{parts.scheme}://{parts.netloc}", *_STRIPE_FRAMES[:2]))),
        frame_sources=_STRIPE_FRAMES,
        connect_sources=(_STRIPE_API,),
    )
