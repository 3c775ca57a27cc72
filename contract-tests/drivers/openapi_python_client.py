"""Play the evening in Vail with openapi-python-client's client; say what it cost.

Started with the server's URL and a file with the facts of the evening.
"""

import json
import sys
from pathlib import Path
from typing import TypeVar

from plain_client import AuthenticatedClient, Client
from plain_client.api.agents import dispatch_action, dispatch_platform_action
from plain_client.api.lots import search_lots
from plain_client.api.sandbox import advance_sandbox_clock, create_sandbox
from plain_client.api.sessions import create_session, end_session, extend_session
from plain_client.models import (
    ClockAdvance,
    ClockResult,
    CreateSessionParameters,
    GetSessionAction,
    SandboxCreation,
    SandboxResult,
    SearchParkingAction,
    SearchResult,
    SessionEnding,
    SessionExtension,
    SessionResult,
)

URL = sys.argv[1]
EVENING = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))

Answer = TypeVar("Answer")


def main() -> None:
    """Search, park, prolong, leave; then ask dispatchers about it."""
    wanted = SandboxCreation.from_dict({"simulated_driver": "prompt"})
    made = a(SandboxResult, create_sandbox.sync(client=Client(base_url=URL), body=wanted))
    client = AuthenticatedClient(base_url=URL, token=str(made.sandbox.api_key))
    lots = a(SearchResult, search_lots.sync(client=client, **EVENING["search"])).lots
    lot = next(lot for lot in lots if lot.name == EVENING["lot"])
    order = CreateSessionParameters(lot_id=lot.id, plate=EVENING["plate"])
    session = a(SessionResult, create_session.sync(client=client, body=order)).session
    extension = SessionExtension(session_code=session.session_code, extend_hours=1)
    a(SessionResult, extend_session.sync(session.id, client=client, body=extension))
    a(ClockResult, advance_sandbox_clock.sync(client=client, body=ClockAdvance(EVENING["seconds"])))
    ending = SessionEnding(session_code=session.session_code)
    ended = a(SessionResult, end_session.sync(session.id, client=client, body=ending)).session
    look = GetSessionAction.from_dict(
        {"action": "get_session", "parameters": {"session_id": str(session.id)}}
    )
    told = a(SessionResult, dispatch_action.sync(client=client, body=look)).session
    search = SearchParkingAction.from_dict({"action": "search_parking", "parameters": EVENING["search"]})
    found = a(SearchResult, dispatch_platform_action.sync("anthropic", client=client, body=search))
    print(
        json.dumps(
            {
                "status": ended.status,
                "bills": [ended.subtotal, told.subtotal],
                "found": [lot.name for lot in found.lots],
            }
        )
    )


def a(kind: type[Answer], answer: object) -> Answer:
    """Return an answer that is of its kind, and no error."""
    if not isinstance(answer, kind):
        raise TypeError(f"{answer} is no {kind.__name__}")
    return answer


main()
