"""What `parkgraph run` says once it is ready: where it is, its key, and three lines to try."""

import json
from collections.abc import Iterator

from app.commands import sandbox_file
from app.commands.sandbox_file import SandboxFile
from app.settings import Settings

SEARCH = {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5}
PLATE = "CO-1042"
FIRST_SESSION = "first-session"
"""An idempotency key, so that the line may be sent again and again and starts one session."""


LIVE_PAYMENTS = {
    "off": "Live projects cannot take payments (PARKGRAPH_PAYMENTS_LIVE is off).",
    "embedded": "LIVE projects pay through the embedded processor too: NO MONEY MOVES for them either.",
    "stripe-live": "LIVE projects pay through Stripe, with real money.",
}


def text(sandbox: SandboxFile, settings: Settings, *, lot_id: str | None) -> str:
    """Write the greeting; `lot_id` is the lot to start a session in."""
    lines = "\n\n".join(curl_lines(sandbox, lot_id=lot_id))
    return f"""
Park Graph is ready: {sandbox.url}

Sandbox key: {sandbox.api_key}
It also stands in {sandbox_file.path_in(settings.home)}, beside the key of the sandbox's operator.
In the sandbox NO MONEY MOVES. {LIVE_PAYMENTS[settings.payments_live]}

Find parking near Vail, look at a lot's rates, start a session:

{lines}

Ctrl-C stops it.
"""


def curl_lines(sandbox: SandboxFile, *, lot_id: str | None) -> Iterator[str]:
    """Give the lines to try, ready to be pasted into a shell; those about a lot only where there is one."""
    yield _act(sandbox, "search_parking", SEARCH)
    if lot_id is None:
        return
    yield f"curl -s '{sandbox.url}/api/v1/lots/{lot_id}/rates'"
    session = {"lot_id": lot_id, "plate": PLATE, "idempotency_key": FIRST_SESSION}
    yield _act(sandbox, "create_session", session)


def _act(sandbox: SandboxFile, action: str, parameters: object) -> str:
    body = json.dumps({"action": action, "parameters": parameters})
    return (
        f"curl -s '{sandbox.url}/api/v1/agents/openai/actions'"
        f" -H 'Authorization: Bearer {sandbox.api_key}'"
        f" -H 'Content-Type: application/json'"
        f" -d '{body}'"
    )
