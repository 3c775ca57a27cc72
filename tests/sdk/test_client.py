"""The clients themselves: connections, keys that are not printed, and connections that are closed."""

import asyncio
import math
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from parkgraph import AsyncParkGraph, NotReached, ParkGraph, Retries, Unauthorized
from parkgraph.testing import Rehearsal

KEY = "pk_test_verysecret"
CLIENTS = [ParkGraph, AsyncParkGraph]


@pytest.fixture
def rehearsal() -> Rehearsal:
    rehearsal = Rehearsal()
    rehearsal.answer("getHealth", {"status": "ok"})
    return rehearsal


@pytest.mark.parametrize("client", CLIENTS)
def test_the_server_may_stand_in_the_environment(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARK_GRAPH_URL", "https://parking.example/")
    assert "'https://parking.example'" in repr(client(KEY))
    assert "'https://other.example'" in repr(client(KEY, base_url="https://other.example"))
    monkeypatch.setenv("PARK_GRAPH_URL", "")
    assert "'https://parkgraph.com'" in repr(client(KEY))


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_does_not_print_its_key(client: Callable[..., Any]) -> None:
    assert repr(client(KEY)) == f"{client.__name__}(base_url='https://parkgraph.com')"


@pytest.mark.parametrize("code", ["UNAUTHORIZED", "reset"])
def test_nor_does_a_trace(code: str, caplog: pytest.LogCaptureFixture) -> None:
    rehearsal = Rehearsal()
    if code == "reset":
        rehearsal.play("getHealth", _reset)
    else:
        rehearsal.refuse("getHealth", code)
    with caplog.at_level("DEBUG"), pytest.raises((Unauthorized, NotReached)) as caught:
        ParkGraph(KEY, transport=rehearsal, retries=Retries(attempts=1)).status.get_health()
    printed = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(rehearsal.requests)
    printed += repr(rehearsal.requests[0].headers)
    assert "verysecret" not in printed


def _reset(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset", request=request)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("key", ["pk_test_\nverysecret", "pk verysecret", "pk_verysecrét"])
def test_a_key_that_can_not_be_sent_is_refused_unseen(client: Callable[..., Any], key: str) -> None:
    with pytest.raises(ValueError, match="An API key has no spaces") as caught:
        client(key)
    assert "verysecr" not in str(caught.value)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("who", ["vail:verysecret@", "verysecret@", ":verysecret@"])
def test_an_address_with_a_password_is_refused_unseen(client: Callable[..., Any], who: str) -> None:
    with pytest.raises(ValueError, match="no user name or password") as caught:
        client(KEY, base_url=f"https://{who}parking.example")
    assert "verysecret" not in str(caught.value)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "address", ["", "parking.example", "ftp://parking.example", "https://", "http://a:b"]
)
def test_what_is_no_address_is_refused_at_once(client: Callable[..., Any], address: str) -> None:
    with pytest.raises(ValueError, match="The base_url is no address"):
        client(KEY, base_url=address)


def test_a_client_of_yours_stays_open(rehearsal: Rehearsal) -> None:
    with httpx.Client(transport=rehearsal, headers={"X-Team": "vail"}) as http:
        with ParkGraph(KEY, http=http, base_url="https://parking.example/") as park:
            assert park.status.get_health().status == "ok"
        assert not http.is_closed
    [sent] = rehearsal.requests
    assert str(sent.url) == "https://parking.example/api/v1/health"
    assert sent.headers["X-Team"] == "vail"


def test_an_async_client_of_yours_stays_open(rehearsal: Rehearsal) -> None:
    async def look() -> None:
        async with httpx.AsyncClient(transport=rehearsal) as http:
            async with AsyncParkGraph(KEY, http=http) as park:
                assert (await park.status.get_health()).status == "ok"
            assert not http.is_closed

    asyncio.run(look())


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, (5, 30)), ({"timeout": 60}, (60, 60)), ({"timeout": httpx.Timeout(7)}, (7, 7))],
)
def test_every_request_has_its_timeout_whoevers_the_client_is(
    rehearsal: Rehearsal, given: dict[str, Any], seconds: tuple[float, float]
) -> None:
    async def look(http: httpx.AsyncClient | None) -> None:
        await AsyncParkGraph(
            KEY, http=http, transport=None if http else rehearsal, **given
        ).status.get_health()

    ParkGraph(KEY, transport=rehearsal, **given).status.get_health()
    ParkGraph(KEY, http=httpx.Client(transport=rehearsal, timeout=1), **given).status.get_health()
    asyncio.run(look(None))
    asyncio.run(look(httpx.AsyncClient(transport=rehearsal, timeout=1)))
    timeouts = [request.extensions["timeout"] for request in rehearsal.requests]
    assert [(each["connect"], each["read"]) for each in timeouts] == [seconds] * 4


def test_a_client_of_ours_is_closed(rehearsal: Rehearsal) -> None:
    with ParkGraph(KEY, transport=rehearsal) as park:
        park.status.get_health()
    with pytest.raises(RuntimeError, match="closed"):
        park.status.get_health()


def test_a_client_and_a_transport_are_one_too_many(rehearsal: Rehearsal) -> None:
    with httpx.Client() as http, pytest.raises(ValueError, match="has a transport already"):
        ParkGraph(KEY, http=http, transport=rehearsal)
    with pytest.raises(ValueError, match="has a transport already"):
        AsyncParkGraph(KEY, http=httpx.AsyncClient(), transport=rehearsal)


def test_a_redirect_is_not_followed_with_the_key() -> None:
    rehearsal = Rehearsal()
    away = httpx.Response(307, headers={"Location": "https://elsewhere.example/"})
    rehearsal.play("getHealth", lambda _: away)
    with (
        httpx.Client(transport=rehearsal, follow_redirects=True) as http,
        pytest.raises(Exception, match="307"),
    ):
        ParkGraph(KEY, http=http).status.get_health()
    assert len(rehearsal.requests) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"first_pause": -1}, {"longest_pause": -1}, {"patience": -1}, {"patience": math.nan}],
)
def test_retries_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"A call is sent|Nobody waits"):
        Retries(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"attempts": "3"}, {"attempts": 2.5}, {"patience": "5"}, {"patience": None}]
)
def test_nor_are_those_that_are_no_numbers(wrong: dict[str, Any]) -> None:
    [name] = wrong
    with pytest.raises(TypeError, match=f"^{name} takes a (whole number|number of seconds), not "):
        Retries(**wrong)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("retries", [3, None, {"attempts": 3}])
def test_what_is_no_retries_is_refused_at_once(client: Callable[..., Any], retries: Any) -> None:
    with pytest.raises(TypeError, match=rf"^retries takes a Retries, .*not {type(retries).__name__}"):
        client(KEY, retries=retries)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("timeout", "error"),
    [("5", TypeError), (None, TypeError), (True, TypeError)]
    + [(seconds, ValueError) for seconds in (0, -1, math.nan, math.inf, 86_401)],
)
def test_what_is_no_timeout_is_refused_at_once(
    client: Callable[..., Any], timeout: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"^timeout takes seconds"):
        client(KEY, timeout=timeout)


def test_many_attempts_are_no_large_number() -> None:
    assert Retries(random=lambda: 1.0).pause(100_000) == 30


def test_idempotency_keys_are_new_each_time() -> None:
    rehearsal = Rehearsal()
    rehearsal.answer("deleteLot", status=204)
    park = ParkGraph(KEY, transport=rehearsal)
    assert [park.inventory.delete_lot("1").status for _ in range(2)] == [204, 204]
    first, second = (request.headers["Idempotency-Key"] for request in rehearsal.requests)
    assert first != second
