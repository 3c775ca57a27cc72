"""Play the evening in Vail with openapi-generator's client; say what it cost, and how bodies were read.

Started with the server's URL and a file with the facts of the evening.
"""

import json
import sys
from pathlib import Path

from generated_client import (
    ActionRequest,
    AgentsApi,
    ApiClient,
    ClockAdvance,
    Configuration,
    CreateSessionParameters,
    GetSessionAction,
    GetSessionParameters,
    LotsApi,
    PlatformActionRequest,
    SandboxApi,
    SandboxCreation,
    SearchParkingAction,
    SearchParkingParameters,
    SessionEnding,
    SessionExtension,
    SessionsApi,
)

URL = sys.argv[1]
EVENING = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))


def main() -> None:
    """Search, park, prolong, leave; then ask a dispatcher about it."""
    with ApiClient(Configuration(host=URL)) as anybody:
        made = SandboxApi(anybody).create_sandbox(sandbox_creation=SandboxCreation(simulated_driver="prompt"))
    with ApiClient(Configuration(host=URL, access_token=made.sandbox.api_key)) as client:
        agents, sessions = AgentsApi(client), SessionsApi(client)
        lots = LotsApi(client).search_lots(**EVENING["search"]).lots
        lot = next(lot for lot in lots if lot.name == EVENING["lot"])
        order = CreateSessionParameters(lot_id=lot.id, plate=EVENING["plate"])
        session = sessions.create_session(order).session
        extension = SessionExtension(session_code=session.session_code, extend_hours=1)
        sessions.extend_session(session.id, extension)
        SandboxApi(client).advance_sandbox_clock(ClockAdvance(advance_seconds=EVENING["seconds"]))
        ended = sessions.end_session(session.id, SessionEnding(session_code=session.session_code)).session
        look = GetSessionAction(action="get_session", parameters=GetSessionParameters(session_id=session.id))
        told = agents.dispatch_action(ActionRequest(look)).actual_instance.session
        search = SearchParkingAction(
            action="search_parking", parameters=SearchParkingParameters(**EVENING["search"])
        )
        found = agents.dispatch_platform_action("anthropic", PlatformActionRequest(search)).actual_instance
    print(
        json.dumps(
            {
                "status": ended.status,
                "bills": [ended.subtotal, told.subtotal],
                "found": [lot.name for lot in found.lots],
                "read": {name: read(name, body) for name, body in EVENING["bodies"].items()},
            }
        )
    )


def read(name: str, body: dict[str, object]) -> list[object]:
    """Say as which variant a dispatcher's body is read, and what becomes of it when it is written again."""
    kind = ActionRequest if name.startswith("dispatchAction ") else PlatformActionRequest
    variant = kind.from_dict(body)
    return [type(variant.actual_instance).__name__, json.loads(variant.to_json())]


main()
