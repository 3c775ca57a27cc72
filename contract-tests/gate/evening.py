"""The evening in Vail, with which every client and every judge on the way is tried: search, park, leave.

It happens in a sandbox of its own, whose driver authorises the hold by himself and whose clock can be turned.
"""

from typing import Any

import httpx

from gate.client import Client

VAIL = {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5}
LOT = "Lionshead Public Parking"
PLATE = "CO-7891"
FOUR_HOURS_AND_A_BIT = 14_472
SUBTOTAL = 24.12


def played(client: Client) -> list[float]:
    """Let the evening happen by REST; return the bill as each kind of dispatcher tells it."""
    sandbox = _answered(client.call("createSandbox", json={"simulated_driver": "prompt"}), "sandbox")
    key = sandbox["api_key"]
    lots = _answered(client.call("searchLots", key=key, query=VAIL), "lots")
    path = {"lot_id": next(lot["id"] for lot in lots if lot["name"] == LOT)}
    for operation in ("getLot", "getAvailability", "getRates"):
        _answered(client.call(operation, key=key, path=path), operation.removeprefix("get").lower())
    session = _answered(client.call("createSession", key=key, json={**path, "plate": PLATE}), "session")
    own = {"session_id": session["id"]}
    code = {"session_code": session["session_code"]}
    extension = client.call("extendSession", key=key, path=own, json={**code, "extend_hours": 1})
    _answered(extension, "session")
    turned = client.call("advanceSandboxClock", key=key, json={"advance_seconds": FOUR_HOURS_AND_A_BIT})
    _answered(turned, "clock")
    _answered(client.call("endSession", key=key, path=own, json=code), "session")
    return [
        _answered(client.act("get_session", key=key, platform=platform, **own), "session")["subtotal"]
        for platform in (None, "anthropic")
    ]


def _answered(answer: httpx.Response, subject: str) -> Any:
    assert answer.is_success, answer.text
    return answer.json()[subject]
