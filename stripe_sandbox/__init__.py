"""A Stripe-shaped payment processor for development and tests. No money moves.

It imports nothing of Park Graph: only the standard library and the stripe SDK, whose types are its contract.
"""

from stripe_sandbox.books import Books
from stripe_sandbox.contract import API_VERSION
from stripe_sandbox.events import PendingEvent
from stripe_sandbox.faults import Fault
from stripe_sandbox.keys import publishable_key, secret_key
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.store import StoreError
from stripe_sandbox.transport import InProcessClient
from stripe_sandbox.worlds import BadWorldName

__all__ = [
    "API_VERSION",
    "BadWorldName",
    "Books",
    "Fault",
    "InProcessClient",
    "PendingEvent",
    "Sandbox",
    "StoreError",
    "publishable_key",
    "secret_key",
]
