"""Who calls: a credential that is present must be good, whether the operation asks for one or not."""

import asyncio
import logging

import pytest

from app.domain.errors import ServiceUnavailable
from app.http.chain import Chain, build
from app.http.identify import Keys
from app.http.limiter import build_strategy
from tests.http.conftest import generous
from tests.http.site import (
    KEYS,
    SESSION,
    Answer,
    Database,
    Handlers,
    Headers,
    Site,
    bearer,
    contract,
    reading,
    site,
)

OPTIONAL = "/api/v1/lots/search?address=Vail"
REQUIRED = f"/api/v1/sessions/{SESSION}"
TWO_HEADERS = [*bearer().items(), *bearer("other").items()]


@pytest.mark.parametrize(
    ("name", "headers", "optional", "required"),
    [
        ("nobody", {}, 200, 401),
        ("a good key", bearer(), 200, 200),
        ("a good key in lower case", {"Authorization": "bearer live"}, 200, 200),
        ("a bad key", bearer("nobody"), 401, 401),
        ("a revoked key", bearer("revoked"), 401, 401),
        ("a key without scopes", bearer("unscoped"), 403, 403),
        ("Basic", {"Authorization": "Basic bGl2ZTo="}, 401, 401),
        ("two headers", TWO_HEADERS, 401, 401),
    ],
)
def test_optional_and_required_operations_take_the_same_credentials(
    served: Site, name: str, headers: Headers, optional: int, required: int
) -> None:
    assert (served.get(OPTIONAL, headers).status, served.get(REQUIRED, headers).status) == (
        optional,
        required,
    )


@pytest.mark.parametrize("away", [ServiceUnavailable("The database is away."), OSError("no route to host")])
def test_while_the_database_is_away_keys_are_neither_good_nor_bad(
    away: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), site(settings=generous()) as made:
        made.database.away = away
        for target in (OPTIONAL, REQUIRED, "/api/v1/nope"):
            answer = made.get(target, bearer())
            assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert int(answer["Retry-After"]) > 0
        assert made.get(OPTIONAL).status == 200
        assert made.traces[0].stack is not None
    assert "no route to host" not in caplog.text


def test_pages_and_published_forms_look_at_no_key(served: Site) -> None:
    before = len(served.database.asked)
    assert served.get("/", bearer("nobody")).status == 200
    assert served.get("/openapi.json", bearer("nobody")).status == 200
    assert len(served.database.asked) == before


def test_a_good_key_is_noted_where_nothing_is_found(served: Site) -> None:
    assert served.get("/api/v1/nope", bearer()).status == 404
    assert served.traces[-1].project_id == KEYS["live"].project.id


@pytest.mark.parametrize(
    ("authorization", "error"),
    [("Basic x", "invalid_request"), ("Bearer a b", "invalid_request"), ("Bearer nobody", "invalid_token")],
)
def test_the_challenge_says_what_is_wrong(served: Site, authorization: str, error: str) -> None:
    answer = served.get(OPTIONAL, {"Authorization": authorization})
    assert answer["WWW-Authenticate"] == f'Bearer realm="park-graph", error="{error}"'


def test_without_a_key_the_challenge_names_no_error(served: Site) -> None:
    assert served.get(REQUIRED)["WWW-Authenticate"] == 'Bearer realm="park-graph"'


def test_a_remembered_key_is_not_looked_up() -> None:
    database = Database()
    app = build(
        Chain(
            contract=contract(),
            settings=generous(),
            keys=Keys(remembered=reading, resolve=database.resolve),
            record_trace=lambda _: None,
            resolve_handler=Handlers(),
        )
    )
    made = Site(app, database=database, traces=[])
    assert made.get(REQUIRED, bearer()).status == 200
    assert made.get(REQUIRED, bearer("nobody")).status == 401
    made.loop.close()
    assert database.asked == ["nobody"]


def crowd(made: Site) -> list[int]:
    """Send five requests with one key while the database takes its time, and return their statuses."""

    async def all_at_once() -> list[Answer]:
        made.database.gate.clear()
        sent = [asyncio.create_task(made.exchange("GET", REQUIRED, bearer())) for _ in range(5)]
        for _ in range(50):  # until every request stands before the database
            await asyncio.sleep(0)
        made.database.gate.set()
        return await asyncio.gather(*sent)

    return [answer.status for answer in made.loop.run_until_complete(all_at_once())]


def test_a_crowd_with_one_key_asks_the_database_once(served: Site) -> None:
    before = len(served.database.asked)
    assert crowd(served) == [200] * 5
    assert served.database.asked[before:] == ["live"]


def test_who_joined_a_look_up_asks_for_itself_when_a_key_was_revoked_meanwhile() -> None:
    revoked = Database()

    def holds(_: object) -> bool:
        return len(revoked.asked) > 1

    app = build(
        Chain(
            contract=contract(),
            settings=generous(),
            keys=Keys(remembered=lambda _: None, resolve=revoked.resolve, holds=holds),
            record_trace=lambda _: None,
            resolve_handler=Handlers(),
        )
    )
    made = Site(app, database=revoked, traces=[])
    assert crowd(made) == [200] * 5
    made.loop.close()
    assert len(revoked.asked) > 1


def test_who_joined_a_look_up_asks_for_itself_where_redis_knows_of_a_revocation(redis_url: str) -> None:
    with site(settings=generous(), strategy=build_strategy(redis_url)) as made:
        assert crowd(made) == [200] * 5  # with a reading from before anything was heard of Redis
        assert made.database.asked == ["live"] * 5


def test_agents_need_one_scope_for_all_actions_and_rest_needs_its_own(served: Site) -> None:
    body = {"action": "get_session", "parameters": {"session_id": SESSION}}
    assert served.post("/api/v1/agents/openai/actions", body, bearer("agent")).status == 200
    refused = served.get(REQUIRED, bearer("agent"))
    assert (refused.status, refused.error["message"]) == (403, "This key lacks the scope sessions:read.")


def test_a_plan_without_agents_says_so(served: Site) -> None:
    answer = served.post("/api/v1/agents/gemini/actions", {"action": "search_parking"}, bearer("starter"))
    assert (answer.status, answer.error["code"]) == (403, "FORBIDDEN")
    assert "starter plan" in answer.error["message"]
    assert served.get(OPTIONAL, bearer("starter")).status == 200


def test_handlers_learn_who_calls(served: Site) -> None:
    user = served.get(f"{OPTIONAL}&end_user_id=driver-1", bearer("sandbox")).json["user"]
    assert user["actor"] == {"type": "api_key", "id": str(KEYS["sandbox"].key_id)}
    assert (user["project"], user["platform"], user["end_user_id"]) == (
        str(KEYS["sandbox"].project.id),
        None,
        "driver-1",
    )
    assert served.get(OPTIONAL).json["user"]["actor"] == {"type": "anonymous", "id": None}
