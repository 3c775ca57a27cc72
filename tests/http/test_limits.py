"""Budgets: who pays from which, refused or not, in memory and in Redis, and what the headers say."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from limits.storage import MemoryStorage, storage_from_string

from app.http import limiter
from app.http.limits import subscriber
from app.http.token_bucket import TokenBucket
from app.settings import Settings
from tests.http.conftest import Ticker
from tests.http.site import JSON, LOT, SESSION, Answer, Site, bearer, site

SEARCH = "/api/v1/lots/search?address=Vail"
RATES = f"/api/v1/lots/{LOT}/rates"
ACTIONS = "/api/v1/agents/openai/actions"
SESSIONS = "/api/v1/sessions"
HEALTH = "/api/v1/health"
CREATION = {"lot_id": LOT, "plate": "CO-7891"}
SEARCH_ACTION = {"action": "search_parking", "parameters": {"address": "Vail"}}
CREATE_ACTION = {"action": "create_session", "parameters": CREATION}
LOOK_ACTION = {"action": "get_session", "parameters": {"session_id": SESSION}}


@pytest.fixture(params=["memory", "redis"])
def strategy(request: pytest.FixtureRequest, ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> TokenBucket:
    """Count on each kind of storage, on the test's clock; on Redis however long a busy machine takes."""
    if request.param == "memory":
        return TokenBucket(MemoryStorage(), clock=ticker)
    monkeypatch.setattr(limiter, "PATIENCE", 60.0)
    return TokenBucket(storage_from_string(request.getfixturevalue("redis_url")), clock=ticker)


@pytest.fixture
def counted(strategy: TokenBucket) -> Iterator[Site]:
    """Run the chain on the contract's own budgets."""
    with site(strategy=strategy) as made:
        yield made


def rate(answer: Answer) -> tuple[int, int]:
    """Read limit and remaining."""
    return int(answer["X-RateLimit-Limit"]), int(answer["X-RateLimit-Remaining"])


def test_a_budget_admits_its_number_and_refills(counted: Site, ticker: Ticker) -> None:
    answers = [counted.post(SESSIONS, CREATION, bearer()) for _ in range(61)]
    assert [answer.status for answer in answers] == [200] * 60 + [429]
    refused = answers[-1]
    assert (refused.error["code"], refused["Retry-After"], rate(refused)) == ("RATE_LIMITED", "1", (60, 0))
    assert refused.error["message"] == (
        "The budget session_creation of 60 requests a minute is used up. Retry in 1 second."
    )
    ticker.pass_by(1)
    assert counted.post(SESSIONS, CREATION, bearer()).status == 200


def test_reset_says_when_the_budget_is_full_again(counted: Site) -> None:
    counted.get(SEARCH, bearer())
    answer = counted.get(SEARCH, bearer())
    assert 0 <= int(answer["X-RateLimit-Reset"]) - time.time() <= 2
    for _ in range(58):
        counted.post(SESSIONS, CREATION, bearer())
    assert 55 <= int(counted.post(SESSIONS, CREATION, bearer())["X-RateLimit-Reset"]) - time.time() <= 61


@pytest.mark.parametrize(
    ("target", "body", "key", "limit"),
    [
        (SEARCH, None, "live", 240),
        (RATES, None, "live", 240),
        (SESSIONS, CREATION, "live", 60),
        (f"{SESSIONS}/{SESSION}", None, "live", 240),
        (ACTIONS, SEARCH_ACTION, "live", 240),
        (ACTIONS, CREATE_ACTION, "live", 60),
        (ACTIONS, LOOK_ACTION, "live", 240),
        (ACTIONS, {"action": "nonsense"}, "live", 240),
        (ACTIONS, SEARCH_ACTION, "sandbox", 30),
        (SESSIONS, CREATION, "sandbox", 30),
        (SEARCH, None, "sandbox", 240),
        (SEARCH, None, None, 60),
        (SEARCH, None, "raised", 100_000),
        (ACTIONS, CREATE_ACTION, "raised", 100_000),
        (HEALTH, None, None, 600),
        (HEALTH, None, "live", 600),
        ("/", None, None, 600),
        ("/openapi.json", None, None, 600),
        ("/nope", None, None, 600),
        ("/api/v1/nope", None, "live", 600),
        (SEARCH, None, "nobody", 60),
        ("/api/v1/webhooks/stripe", {}, None, 6_000),
        ("/api/v1/sandbox", {}, None, 60),
    ],
)
def test_each_call_pays_from_its_own_budget(
    counted: Site, target: str, body: object, key: str | None, limit: int
) -> None:
    headers = bearer(key) if key else {}
    answer = counted.get(target, headers) if body is None else counted.post(target, body, headers)
    assert rate(answer) == (limit, limit - 1)


def test_budgets_of_one_key_are_counted_apart_and_those_of_two_keys_too(counted: Site) -> None:
    counted.get(SEARCH, bearer())
    assert rate(counted.get(RATES, bearer())) == (240, 239)
    assert rate(counted.get(SEARCH, bearer("other"))) == (240, 239)
    assert rate(counted.get(SEARCH, bearer())) == (240, 238)


def test_an_action_and_its_rest_twin_share_a_budget(counted: Site) -> None:
    counted.get(SEARCH, bearer())
    assert rate(counted.post(ACTIONS, SEARCH_ACTION, bearer())) == (240, 238)


def test_a_sandbox_shares_one_budget_for_all_agent_work(counted: Site) -> None:
    counted.post(ACTIONS, SEARCH_ACTION, bearer("sandbox"))
    counted.post(ACTIONS, CREATE_ACTION, bearer("sandbox"))
    counted.get(f"{SESSIONS}/{SESSION}", bearer("sandbox"))
    assert rate(counted.post(SESSIONS, CREATION, bearer("sandbox"))) == (30, 26)
    assert rate(counted.get(SEARCH, bearer("sandbox"))) == (240, 239)


def test_wrong_requests_pay_too(counted: Site) -> None:
    counted.get("/api/v1/lots/search?nope=1", bearer())
    counted.post(SESSIONS, b"{", bearer())
    counted.send("POST", SESSIONS, {**bearer(), "Content-Type": "text/plain"}, b"x")
    counted.post(SESSIONS, b"x" * 1_048_577, bearer())
    counted.get(SEARCH, {**bearer(), "Accept": "text/plain"})
    assert rate(counted.get(SEARCH, bearer())) == (240, 237)
    assert rate(counted.post(SESSIONS, CREATION, bearer())) == (60, 56)


def test_a_key_without_rights_pays_too(counted: Site) -> None:
    assert rate(counted.post(SESSIONS, CREATION, bearer("unscoped"))) == (60, 59)


def test_failed_authentication_is_counted_by_address_and_spares_good_keys(counted: Site) -> None:
    bad = [counted.get(SEARCH, bearer("nobody")).status for _ in range(59)]
    assert [*bad, counted.get(f"{SESSIONS}/{SESSION}").status] == [401] * 60
    assert counted.get(SEARCH, bearer("nobody")).status == 429
    assert counted.get(SEARCH, bearer("nobody"), ip="192.0.2.2").status == 401
    assert counted.get(SEARCH, bearer()).status == 200
    assert counted.get(SEARCH).status == 200


def test_nobody_is_counted_by_address(counted: Site) -> None:
    assert [counted.get(SEARCH).status for _ in range(61)] == [200] * 60 + [429]
    assert counted.get(SEARCH, ip="192.0.2.2").status == 200
    assert counted.get(SEARCH, bearer()).status == 200


def test_options_and_head_pay_like_others(counted: Site) -> None:
    assert rate(counted.send("OPTIONS", SESSIONS)) == (600, 599)
    assert rate(counted.send("HEAD", SEARCH, bearer())) == (240, 239)


@pytest.mark.parametrize(
    "send",
    [
        lambda made, user: made.get(f"{SEARCH}&end_user_id={user}", bearer("fan-out")),
        lambda made, user: made.post(
            ACTIONS,
            {"action": "search_parking", "parameters": {"address": "Vail", "end_user_id": user}},
            bearer("fan-out"),
        ),
        lambda made, user: made.get(SEARCH, {**bearer("fan-out"), "openai-ephemeral-user-id": user}),
    ],
    ids=["query", "parameters", "the platform's header"],
)
def test_an_end_user_has_a_budget_where_the_operator_opted_in(
    counted: Site, send: Callable[[Site, str], Answer]
) -> None:
    answers = [send(counted, "one") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [rate(answer) for answer in answers] == [(2, 1), (2, 0), (2, 0)]
    assert "end_user" in answers[2].error["message"]
    assert send(counted, "two").status == 200


def one_of_twenty(made: Site, way: str, user: str) -> Answer:
    """Search for an end user, by REST or a dispatcher, named by us or by the platform's own header."""
    key = bearer("twenty")
    search = {"action": "search_parking", "parameters": {"address": "Vail", "end_user_id": user}}
    unnamed = {"action": "search_parking", "parameters": {"address": "Vail"}}
    header = {**key, "openai-ephemeral-user-id": user}
    sent = {
        "REST": lambda: made.get(f"{SEARCH}&end_user_id={user}", key),
        "REST, the platform's header": lambda: made.get(SEARCH, header),
        "dispatcher": lambda: made.post(ACTIONS, search, key),
        "dispatcher, the platform's header": lambda: made.post(ACTIONS, unnamed, header),
        "another platform": lambda: made.post("/api/v1/agents/gemini/actions", search, key),
    }
    return sent[way]()


@pytest.mark.parametrize(
    "way",
    [
        "REST",
        "REST, the platform's header",
        "dispatcher",
        "dispatcher, the platform's header",
        "another platform",
    ],
)
def test_an_end_user_gets_twenty_calls_a_minute_and_another_one_their_own(counted: Site, way: str) -> None:
    answers = [one_of_twenty(counted, way, "one") for _ in range(21)]
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert [rate(answer) for answer in answers] == [(20, left) for left in [*range(19, -1, -1), 0]]
    assert answers[-1]["Retry-After"] == "3"
    other = one_of_twenty(counted, way, "two")
    assert (other.status, rate(other)) == (200, (20, 19))


def test_when_an_end_user_is_refused_the_key_pays_nothing(counted: Site) -> None:
    for _ in range(5):
        counted.get(f"{SEARCH}&end_user_id=one", bearer("fan-out"))
    assert rate(counted.get(SEARCH, bearer("fan-out"))) == (240, 237)


def test_an_end_user_is_not_counted_where_nobody_opted_in(counted: Site) -> None:
    assert rate(counted.get(f"{SEARCH}&end_user_id=one", bearer())) == (240, 239)


def test_an_installation_may_set_budgets(ticker: Ticker) -> None:
    settings = Settings(threads=4, budgets={"anonymous": 2})
    with site(settings=settings, strategy=TokenBucket(MemoryStorage(), clock=ticker)) as made:
        assert [made.get(SEARCH).status for _ in range(3)] == [200, 200, 429]


def test_plaintext_is_told_to_use_tls_even_when_its_budget_is_used_up(ticker: Ticker) -> None:
    settings = Settings(threads=4, require_tls=True, budgets={"anonymous": 1})
    with site(settings=settings, strategy=TokenBucket(MemoryStorage(), clock=ticker)) as made:
        assert [made.get(SEARCH).status for _ in range(3)] == [426, 426, 426]
        assert made.get(SEARCH, scheme="https").status == 429


def test_without_redis_requests_go_on_and_none_fails() -> None:
    settings = Settings(threads=4, redis_url="redis://127.0.0.1:1")
    with site(settings=settings) as made:
        answers = [made.get(SEARCH, bearer()) for _ in range(20)]
    assert {answer.status for answer in answers} <= {200, 429}
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"240"}


@pytest.mark.alone  # Redis has a quarter of a second to answer a hundred
def test_a_hundred_at_once_get_the_budget_and_no_more(counted: Site) -> None:
    async def rush() -> list[Answer]:
        body = b'{"lot_id":"%s","plate":"CO-7891"}' % LOT.encode()
        return await asyncio.gather(
            *(counted.exchange("POST", SESSIONS, {**bearer(), **JSON}, body) for _ in range(100))
        )

    answers = counted.loop.run_until_complete(rush())
    assert sorted(answer.status for answer in answers) == [200] * 60 + [429] * 40


@pytest.mark.parametrize(
    ("ip", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("not:an:address", "not:an:address"),
    ],
)
def test_of_an_ipv6_address_the_subscriber_is_counted(ip: str, counted_as: str) -> None:
    assert subscriber(ip) == counted_as
