"""Traces: one for every request, with who, what, where and what came of it."""

from uuid import UUID

import pytest

from app.domain import upstream
from app.domain.traces import UpstreamCall
from tests.http.conftest import generous
from tests.http.site import KEYS, LOT, SESSION, Site, bearer, site

ACTIONS = "/api/v1/agents/openai/actions"
CALL = UpstreamCall("stripe", "req_stripe", 200, 12.5)
NEAR = {"lat": 39.6403, "lng": -106.3742}


def test_a_search_is_traced_with_its_position_and_its_caller(served: Site) -> None:
    answer = served.get("/api/v1/lots/search?lat=39.6403&lng=-106.3742&end_user_id=driver-1", bearer())
    trace = served.traces[-1]
    assert (trace.request_id, trace.status, trace.error_code) == (answer["X-Request-Id"], 200, None)
    assert (trace.method, trace.path, trace.operation_id) == ("GET", "/api/v1/lots/search", "searchLots")
    assert trace.position == (39.6403, -106.3742)
    assert (trace.actor_type, trace.actor_id) == ("api_key", str(KEYS["live"].key_id))
    assert (trace.project_id, trace.operator_id) == (UUID(int=1), UUID(int=1001))
    assert (trace.end_user_id, trace.ip, trace.agent_platform) == ("driver-1", "192.0.2.1", None)
    assert trace.duration_ms > 0


def test_an_agents_search_is_traced_with_action_and_platform(served: Site) -> None:
    served.post(ACTIONS, {"action": "search_parking", "parameters": NEAR}, bearer())
    assert (served.traces[-1].action, served.traces[-1].agent_platform) == ("search_parking", "openai")
    assert served.traces[-1].position == (39.6403, -106.3742)
    body = {"action": "get_session", "parameters": {"session_id": SESSION}}
    served.post("/api/v1/agents/gemini/actions", body, bearer())
    assert (served.traces[-1].action, served.traces[-1].agent_platform) == ("get_session", "gemini")
    assert served.traces[-1].position is None


@pytest.mark.parametrize(
    ("headers", "person", "conversation"),
    [
        ({"Conversation-Id": "vail-evening"}, None, "vail-evening"),
        ({"openai-conversation-id": "c-1", "openai-ephemeral-user-id": "u-1"}, "u-1", "c-1"),
        ({"OpenAI-Safety-Identifier": "s-1", "openai-ephemeral-user-id": "u-1"}, "s-1", None),
        ({"Conversation-Id": "ours", "openai-conversation-id": "theirs"}, None, "ours"),
        ({"openai-conversation-id": "x" * 129, "openai-ephemeral-user-id": "Jo Doe"}, None, None),
    ],
)
@pytest.mark.parametrize("path", [ACTIONS, "/api/v1/agents/responses/actions"])
def test_an_agents_call_is_traced_with_person_and_conversation(
    served: Site, path: str, headers: dict[str, str], person: str | None, conversation: str | None
) -> None:
    served.post(path, {"action": "search_parking", "parameters": NEAR}, bearer() | headers)
    assert (served.traces[-1].end_user_id, served.traces[-1].conversation_id) == (person, conversation)


def test_the_person_whom_a_call_names_comes_before_the_platforms(served: Site) -> None:
    named = {"action": "search_parking", "parameters": NEAR | {"end_user_id": "driver-1"}}
    served.post(ACTIONS, named, bearer() | {"openai-ephemeral-user-id": "u-1"})
    assert served.traces[-1].end_user_id == "driver-1"


def test_a_conversation_is_refused_under_no_name(served: Site) -> None:
    search = {"action": "search_parking", "parameters": NEAR}
    answer = served.post(ACTIONS, search, bearer() | {"Conversation-Id": "an evening"})
    assert (answer.status, answer.json["error"]["details"][0]["field"]) == (400, "Conversation-Id")
    assert served.traces[-1].conversation_id is None


def test_a_refused_request_is_traced_without_what_it_made_up(served: Site) -> None:
    served.post("/api/v1/agents/CO-7891/actions", {"action": "CO-7891"}, bearer())
    trace = served.traces[-1]
    assert (trace.status, trace.error_code) == (400, "BAD_REQUEST")
    assert (trace.action, trace.agent_platform) == (None, None)
    assert trace.path == "/api/v1/agents/{platform}/actions"


def test_a_path_that_leads_nowhere_keeps_its_known_words_only(served: Site) -> None:
    served.get("/api/v1/sessions/CO-7891/legal/driver@example.com")
    assert served.traces[-1].path == "/api/v1/sessions/…/legal/…"
    served.get("/legal/terms")
    assert served.traces[-1].path == "/legal/terms"


def test_a_refused_search_leaves_no_position(served: Site) -> None:
    served.get("/api/v1/lots/search?lat=39.6403&lng=-106.3742&limit=0")
    assert served.traces[-1].position is None


def test_a_made_up_method_is_cut_short(served: Site) -> None:
    served.send("M" * 500, "/api/v1/health")
    assert served.traces[-1].method == "M" * 10


def test_calls_upstream_on_the_handlers_thread_are_gathered() -> None:
    def create_session(body: object) -> dict[str, object]:
        upstream.note(CALL)
        return {"body": body}

    with site(handlers={"createSession": create_session}, settings=generous()) as made:
        made.post("/api/v1/sessions", {"lot_id": LOT, "plate": "CO-7891"}, bearer())
        made.get("/api/v1/health")
        with_call, without = made.traces
    assert with_call.upstream == (CALL,)
    assert without.upstream == ()
