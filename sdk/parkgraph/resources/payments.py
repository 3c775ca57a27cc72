"""What the payment processor tells us."""

from parkgraph.calls import call
from parkgraph.models import StripeEventReceipt
from parkgraph.operations import RECEIVE_STRIPE_EVENT
from parkgraph.readings import whole
from parkgraph.resource import Resource


class PaymentsResource(Resource):
    """What the payment processor tells us."""

    def receive_stripe_event(self, content: str | bytes, *, stripe_signature: str) -> StripeEventReceipt:
        """Receive an event from Stripe.

        Takes an event that Stripe signed, and reads the state again from Stripe before anything changes:
        where that fails it is a 502, and Stripe sends it again. A bad or stale signature is a 400. An event
        that came before, or says nothing to us, is a 200.

        Args:
            stripe_signature: Stripe's signature over the time and the body (HMAC-SHA256).
            content: The body, byte by byte as it came.
        """
        return self._send(
            call(
                RECEIVE_STRIPE_EVENT,
                whole(StripeEventReceipt),
                headers={"Stripe-Signature": stripe_signature},
                content=(content, "application/json"),
            )
        )
