"""Cells that no honest traffic of this gate can reach, each with the reason.

An entry that is reached after all is stale and fails the gate: the list only ever says what is true.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exempt:
    """Cells by patterns over operation and cell, and why nothing reaches them."""

    operations: str
    cells: str
    reason: str

    def covers(self, operation: str, cell: str) -> bool:
        """Tell whether a cell is meant."""
        return bool(re.fullmatch(self.operations, operation) and re.fullmatch(self.cells, cell))


_REASONS: tuple[tuple[str, str, str], ...] = (
    ("A 500 is a fault of ours; tests/http raises one on purpose.", r".*", r"500 application/json"),
    (
        "The claim on the key is settled in the one transaction that does the work; nobody meets it running.",
        r"createApiKey|createSandbox|registerAgent|updateProject|rotateApiKey|deleteApiKey|setRates|setAgentAccess"
        r"|reportOccupancy|createLot|updateLot|deleteLot|createWebhook|updateWebhook|deleteWebhook|pingWebhook"
        r"|redeliver|createQuote",
        r"409 with Retry-After",
    ),
    (
        "The same, and nothing else stands in the way of these.",
        r"createApiKey|createSandbox|registerAgent|setRates|setAgentAccess|reportOccupancy|updateWebhook"
        r"|deleteWebhook",
        r"409 application/json",
    ),
    (
        "The embedded processor opens an account without a call; Stripe's needs an onboarding instead.",
        r"createSandbox",
        r"502 application/json",
    ),
    (
        "A refund is answered once the processor took it; else it is a 502 (tests/services).",
        r"createRefund|dispatchPlatformAction",
        r"answer.*\.refund\.status = (pending|failed)",
    ),
    (
        "A refund is told of once it is settled.",
        r"listEvents",
        r"answer\.data\[\]\.data\.refund\.status = pending",
    ),
    (
        "Every session holds at least the processor's smallest charge.",
        r".*",
        r"answer.*\.payment_intent_id not there",
    ),
    (
        "What was just reported is shown as that.",
        r"reportOccupancy",
        r"answer\.availability\.source = counted",
    ),
    (
        "Files have one thread of a process, where a second request waits for the first (tests/services).",
        r"importLots",
        r"409 with Retry-After",
    ),
    (
        "A lot that was just made has no rates yet, and all of its spaces.",
        r"createLot",
        r"answer\.lot\.(rate there|agent_bookable = true)",
    ),
    ("Rates that were just set are there.", r"setRates", r"answer\.rates\.rate not there"),
    (
        "A search for nowhere is a 400 (test_witnesses.py).",
        r"dispatch.*",
        r"body<SearchParkingAction>\.parameters not there",
    ),
    (
        "An extension that the card does not allow is a 402, and an ended session is not asked for more.",
        r"extendSession|endSession",
        r"answer\.session\.payment\.underauthorised there",
    ),
    (
        "An end is answered once the session is completed.",
        r"endSession",
        r"answer\.session\.(status = (active|expired)|client_secret there"
        r"|payment\.status = (authorized|requires_authorization|failed)"
        r"|(ended_at|duration_hours|line_items|subtotal|owner_payout|payment\.captured) not there)",
    ),
    (
        "A trace is shown to the operator whose key called, so it is always a key's.",
        r"getTrace",
        r"answer\.trace\.(actor_type = (?!api_key).*|(actor_id|operator_id|project_id) not there)",
    ),
    (
        "It takes a resolver that lies; tests/gateways has one.",
        r"listDeliveries",
        r"answer\.data\[\]\.attempts\[\]\.failure = address_refused",
    ),
    (
        "What drivers do on their pages is not written down as yet.",
        r"listAuditLog",
        r"answer\.data\[\]\.actor\.type = driver",
    ),
    (
        "Who was not known (401) is no operator's; what failed by itself (500, 503) is not provoked here.",
        r"getTrace",
        r"answer\.trace\.(error_code = (UNAUTHORIZED|INTERNAL|SERVICE_UNAVAILABLE)|stack\[\] empty)",
    ),
)
EXEMPT = tuple(Exempt(operations, cells, reason) for reason, operations, cells in _REASONS)
