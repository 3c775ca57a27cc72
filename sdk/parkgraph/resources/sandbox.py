"""A world of one's own to try everything in."""

from typing import Literal

from parkgraph.calls import call, optional
from parkgraph.models import Clock, Sandbox, SandboxPlan
from parkgraph.operations import ADVANCE_SANDBOX_CLOCK, CREATE_SANDBOX
from parkgraph.readings import inside
from parkgraph.resource import Resource


class SandboxResource(Resource):
    """A world of one's own to try everything in."""

    def create_sandbox(
        self,
        *,
        plan: SandboxPlan | str | None = None,
        simulated_driver: Literal["prompt", "absent"] | str | None = None,
        idempotency_key: str | None = None,
    ) -> Sandbox:
        """Create a sandbox.

        Makes a sandbox of your own, with synthetic lots, test cards and a clock that you can advance, and two
        `pk_test_` keys, shown once. It needs no account and never touches a live lot or a real card.

        Args:
            plan: The plan that the sandbox's operator is on. `starter` has no agent actions.
            simulated_driver: `prompt`: a simulated driver authorises an untouched hold after 30 seconds;
                `absent`: nobody does.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_SANDBOX,
                inside("sandbox", Sandbox),
                body=optional(plan=plan, simulated_driver=simulated_driver),
                idempotency_key=idempotency_key,
            )
        )

    def advance_sandbox_clock(self, *, advance_seconds: int, idempotency_key: str | None = None) -> Clock:
        """Advance the sandbox's clock.

        Moves the sandbox's time forward and answers after all work that fell due has run. Any key of the
        sandbox may call it; a live key is a 403. More than ten years in all, or Stripe's own test mode, is a
        409.

        Args:
            advance_seconds: How many seconds to move forward; 0 reads the clock.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                ADVANCE_SANDBOX_CLOCK,
                inside("clock", Clock),
                body={"advance_seconds": advance_seconds},
                idempotency_key=idempotency_key,
            )
        )
