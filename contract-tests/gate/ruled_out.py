"""Cells that the meaning of an operation rules out, though its schemas, which others share, would allow them.

Nothing may be here that can happen: an entry that is reached after all, by hand or by the fuzzer, fails the
gate.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """Cells of one kind, by patterns over operation and cell, and what they have in common."""

    operations: str
    cells: str
    reason: str

    def covers(self, operation: str, cell: str) -> bool:
        """Tell whether a cell is meant."""
        return bool(re.fullmatch(self.operations, operation) and re.fullmatch(self.cells, cell))


RULED_OUT = (
    Kind(
        r"createRefund|dispatchPlatformAction",
        r"answer.*\.refund\.status = pending",
        "A refund is answered once it is settled; until then that is a 502, or a 409 with Retry-After.",
    ),
    Kind(
        r"listEvents",
        r"answer\.data\[\]\.data\.refund\.status = pending",
        "A refund is told of once it is settled.",
    ),
    Kind(
        r"reportOccupancy",
        r"answer\.availability\.source = counted",
        "What was just reported is shown as that.",
    ),
    Kind(
        r"createLot",
        r"answer\.lot\.(rate there|agent_bookable = true)",
        "A lot that was just made has no rates yet, and so nobody can book it.",
    ),
    Kind(r"setRates", r"answer\.rates\.rate not there", "Rates that were just set are there."),
    Kind(
        r"extendSession|endSession",
        r"answer\.session\.payment\.underauthorised there",
        "An extension that the card does not allow is a 402, and an ended session is not asked for more.",
    ),
    Kind(
        r"endSession",
        r"answer\.session\.(status = (active|expired)|client_secret there"
        r"|payment\.status = (authorized|requires_authorization|failed)"
        r"|(ended_at|duration_hours|line_items|subtotal|owner_payout|payment\.captured) not there)",
        "An end is answered once the session is completed.",
    ),
    Kind(
        r"getTrace",
        r"answer\.trace\.error_code = UNAUTHORIZED",
        "Who was not known is no operator's, and neither is the trace.",
    ),
)
TOLD_OF_FAULTS = (
    Kind(
        r"getTrace", r"answer\.trace\.error_code = (INTERNAL|BAD_GATEWAY|SERVICE_UNAVAILABLE)", "What failed."
    ),
    Kind(r"getTrace", r"answer\.trace\.stack( there|\[\] filled)", "Where it failed."),
    Kind(r"getTrace", r"answer\.trace\.upstream\[\]\.(status|request_id) not there", "Who did not answer."),
    Kind(r"listRefunds", r"answer\.data\[\]\.status = pending", "What is still to be done of a 502."),
    Kind(
        r"listDeliveries", r"answer\.data\[\]\.attempts\[\]\.failure = address_refused", "A name that lied."
    ),
)
"""What is told of a fault that was injected, in an answer that is none itself."""
