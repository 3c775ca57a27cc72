"""What a client does between a call and its answer: keys, repetitions, waits, and when it gives up."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from parkgraph import (
    Answer,
    BadGateway,
    BadRequest,
    Conflict,
    Internal,
    InvalidAnswer,
    NotModified,
    NotReached,
    RateLimited,
    Refused,
    Retries,
    ServiceUnavailable,
)
from parkgraph.testing import HEADERS, STATUSES, Rehearsal
from tests.sdk.desks import Desk, Park
from tests.sdk.questions import OK, advance, fails, health

ETAG = '"b1c032e52efb140b5dedbbef8f9f47db"'
CLOCK = {"clock": {"now": "2026-04-10T23:30:00Z", "offset_seconds": 60}}


def stripe(park: Park) -> Any:
    """Do the one write that takes no key."""
    return park.payments.receive_stripe_event("{}", stripe_signature="t=1,v1=00")


def keys(desk: Desk) -> list[str | None]:
    return [request.headers.get("Idempotency-Key") for request in desk.sent]


def test_a_write_is_named_by_one_key_however_often_it_is_sent(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("advanceSandboxClock", "BAD_GATEWAY")
    rehearsal.play("advanceSandboxClock", fails(httpx.ReadTimeout))
    rehearsal.answer("advanceSandboxClock", CLOCK, headers={"Idempotent-Replayed": "true"})
    clock = desk.ask(advance)
    assert clock.offset_seconds == 60
    assert clock.answer.replayed
    assert keys(desk) == ["key-0"] * 3


def test_each_write_has_a_key_of_its_own_and_reads_have_none(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("advanceSandboxClock", CLOCK)
    rehearsal.answer("getHealth", OK)
    desk.keys = ["first", "second"]
    desk.ask(advance)
    desk.ask(lambda park: park.sandbox.advance_sandbox_clock(advance_seconds=1, idempotency_key="mine"))
    desk.ask(health)
    assert keys(desk) == ["first", "mine", None]


@pytest.mark.parametrize("code", ["INTERNAL", "BAD_GATEWAY", "SERVICE_UNAVAILABLE"])
@pytest.mark.parametrize("question", [health, advance])
def test_what_failed_on_the_other_side_is_tried_again(
    desk: Desk, rehearsal: Rehearsal, code: str, question: Any
) -> None:
    for operation in ("getHealth", "advanceSandboxClock"):
        rehearsal.refuse(operation, code)
    rehearsal.answer("getHealth", OK)
    rehearsal.answer("advanceSandboxClock", CLOCK)
    desk.ask(question)
    assert len(desk.sent) == 2


@pytest.mark.parametrize("code", ["INTERNAL", "BAD_GATEWAY", "SERVICE_UNAVAILABLE"])
def test_a_write_without_a_key_is_never_repeated(desk: Desk, rehearsal: Rehearsal, code: str) -> None:
    rehearsal.refuse("receiveStripeEvent", code, retry_after=1)
    with pytest.raises(Refused):
        desk.ask(stripe)
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError]
)
def test_nor_is_it_where_nobody_knows_whether_it_arrived(
    desk: Desk, rehearsal: Rehearsal, error: type[httpx.RequestError]
) -> None:
    rehearsal.play("receiveStripeEvent", fails(error))
    with pytest.raises(NotReached, match="receiveStripeEvent was not answered"):
        desk.ask(stripe)
    assert len(desk.sent) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_but_it_is_where_it_never_left(
    desk: Desk, rehearsal: Rehearsal, error: type[httpx.RequestError]
) -> None:
    rehearsal.play("receiveStripeEvent", fails(error))
    rehearsal.answer("receiveStripeEvent", {"received": True})
    assert desk.ask(stripe).received
    assert len(desk.sent) == 2


def test_and_where_its_budget_was_used_up(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("receiveStripeEvent", "RATE_LIMITED", retry_after=3)
    rehearsal.answer("receiveStripeEvent", {"received": True})
    assert desk.ask(stripe).received
    assert desk.waits == [3.25]


def test_a_wait_is_never_shorter_than_was_asked_for(desk: Desk, rehearsal: Rehearsal) -> None:
    desk.retries = Retries(random=lambda: 0.0)
    rehearsal.refuse("getHealth", "RATE_LIMITED", retry_after=7)
    rehearsal.refuse("getHealth", "SERVICE_UNAVAILABLE", retry_after=2)
    rehearsal.refuse("getHealth", "BAD_GATEWAY")
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert desk.waits == [7, 2, 0]


def test_chance_takes_its_part_of_all_of_the_pause(desk: Desk, rehearsal: Rehearsal) -> None:
    chances = iter([0.0, 0.25, 0.5, 1.0])
    desk.retries = Retries(random=lambda: next(chances), first_pause=1, longest_pause=4)
    for _ in range(4):
        rehearsal.refuse("getHealth", "BAD_GATEWAY")
    rehearsal.answer("getHealth", OK)
    desk.ask(health)
    assert desk.waits == [0, 0.5, 2, 4]


def test_after_the_last_attempt_the_refusal_comes_through(desk: Desk, rehearsal: Rehearsal) -> None:
    desk.retries = Retries(attempts=3, random=lambda: 0.0)
    rehearsal.refuse("advanceSandboxClock", "RATE_LIMITED", retry_after=1, message="Slowly.")
    with pytest.raises(RateLimited, match="Slowly") as caught:
        desk.ask(advance)
    assert (len(desk.sent), desk.waits) == (3, [1, 1])
    assert caught.value.idempotency_key == "key-0"
    assert caught.value.retry_after == 1
    assert caught.value.budget is not None
    assert caught.value.budget.limit == 240


def test_nobody_waits_beyond_their_patience(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("getHealth", "RATE_LIMITED", retry_after=50)
    with pytest.raises(RateLimited):
        desk.ask(health)
    assert desk.waits == [50.25, 50.5]
    rehearsal.forget()
    desk.waits.clear()
    rehearsal.refuse("getHealth", "RATE_LIMITED", retry_after=3600)
    with pytest.raises(RateLimited) as caught:
        desk.ask(health)
    assert (desk.waits, caught.value.retry_after) == ([], 3600)


def test_attempts_try_patience_as_much_as_pauses_do(desk: Desk, rehearsal: Rehearsal) -> None:
    at = 0.0

    def silent(request: httpx.Request) -> httpx.Response:
        nonlocal at
        at += 30
        raise httpx.ReadTimeout("silence", request=request)

    desk.clock = lambda: at
    desk.retries = Retries(random=lambda: 1.0, first_pause=10, longest_pause=10)
    rehearsal.play("advanceSandboxClock", silent)
    with pytest.raises(NotReached):
        desk.ask(advance)
    assert (desk.waits, len(desk.sent)) == ([10, 10, 10], 4)
    assert at + sum(desk.waits) <= desk.retries.patience + 30


def test_a_conflict_is_waited_for_only_while_the_first_request_runs(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.refuse("advanceSandboxClock", "CONFLICT", retry_after=1)
    rehearsal.answer("advanceSandboxClock", CLOCK)
    desk.ask(advance)
    assert keys(desk) == ["key-0"] * 2
    rehearsal.forget()
    rehearsal.refuse("advanceSandboxClock", "CONFLICT", details={"lot_id": "full"})
    with pytest.raises(Conflict) as caught:
        desk.ask(advance)
    assert len(desk.sent) == 1
    assert [(detail.field, detail.message) for detail in caught.value.details] == [("lot_id", "full")]


DATE = "Fri, 10 Apr 2026 23:30:00 GMT"


@pytest.mark.parametrize("code", ["CONFLICT", "RATE_LIMITED", "SERVICE_UNAVAILABLE"])
def test_a_wait_may_be_asked_for_by_a_date(desk: Desk, rehearsal: Rehearsal, code: str) -> None:
    desk.retries = Retries(random=lambda: 0.0)
    headers = {**HEADERS, "Date": DATE, "Retry-After": "Fri, 10 Apr 2026 23:30:09 GMT"}
    error = {"error": {"code": code, "message": "Later."}}
    rehearsal.answer("advanceSandboxClock", error, status=STATUSES[code], headers=headers)
    rehearsal.answer("advanceSandboxClock", CLOCK)
    desk.ask(advance)
    assert desk.waits == [9]


@pytest.mark.parametrize(
    ("asked", "dated", "seconds"),
    [
        ("7", DATE, 7),
        ("Fri, 10 Apr 2026 23:30:09 GMT", DATE, 9),
        ("Fri, 10 Apr 2026 23:30:09 GMT", "today", 4),
        ("Fri, 10 Apr 2026 23:29:00 GMT", DATE, 0),
        ("Friday, 10-Apr-26 23:30:09 GMT", DATE, 9),
        ("Fri Apr 10 23:30:09 2026", DATE, 9),
        ("Fri, 99 Apr 2026 23:30:09 GMT", DATE, None),
        ("Fri, 10 Apr 99999 23:30:09 GMT", DATE, None),
        ("Fri, 10 Apr 2026 23:30:09 +99999999999999999999", DATE, None),
        ("soon", DATE, None),
        ("-1", DATE, None),
        ("", DATE, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(asked: str, dated: str, seconds: float | None) -> None:
    received_at = datetime(2026, 4, 10, 23, 30, 5, tzinfo=UTC)
    headers = httpx.Headers({"Retry-After": asked, "Date": dated})
    assert Answer(status=503, headers=headers, received_at=received_at).retry_after == seconds


@pytest.mark.parametrize(
    "code",
    ["BAD_REQUEST", "UNAUTHORIZED", "PAYMENT_REQUIRED", "FORBIDDEN", "NOT_FOUND", "IDEMPOTENCY_KEY_REUSED"],
)
def test_what_another_attempt_does_not_mend_is_not_tried_again(
    desk: Desk, rehearsal: Rehearsal, code: str
) -> None:
    rehearsal.refuse("advanceSandboxClock", code)
    with pytest.raises(Refused) as caught:
        desk.ask(advance)
    assert caught.value.code == code
    assert (len(desk.sent), desk.waits) == (1, [])


@pytest.mark.parametrize("error", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
def test_what_can_not_be_sent_is_not_sent_again(
    desk: Desk, rehearsal: Rehearsal, error: type[httpx.RequestError]
) -> None:
    rehearsal.play("getHealth", fails(error))
    with pytest.raises(NotReached):
        desk.ask(health)
    assert len(desk.sent) == 1


def test_a_read_that_nobody_answers_is_tried_again_and_says_why_it_failed(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    desk.retries = Retries(attempts=2)
    rehearsal.play("getHealth", fails(httpx.ReadTimeout))
    with pytest.raises(NotReached, match=r"ReadTimeout: the cable is out") as caught:
        desk.ask(health)
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
    assert caught.value.idempotency_key is None
    assert len(desk.sent) == 2


def test_whoever_was_not_reached_is_named(desk: Desk, rehearsal: Rehearsal) -> None:
    desk.retries = Retries(attempts=1)
    rehearsal.play("getHealth", fails(httpx.ConnectError))
    named = r"^getHealth was not answered by https://parkgraph\.com \(ConnectError: the cable is out\)\.$"
    with pytest.raises(NotReached, match=named):
        desk.ask(health)


def test_each_repetition_is_a_warning_and_the_end_is_none(
    desk: Desk, rehearsal: Rehearsal, caplog: pytest.LogCaptureFixture
) -> None:
    desk.retries = Retries(attempts=3, random=lambda: 0.5)
    rehearsal.play("getHealth", fails(httpx.ConnectError))
    rehearsal.refuse("getHealth", "RATE_LIMITED", retry_after=2)
    with pytest.raises(RateLimited):
        desk.ask(health)
    said = [(each.name, each.levelname, each.getMessage()) for each in caplog.records]
    lost = "getHealth was not answered by https://parkgraph.com (ConnectError: the cable is out)."
    slow = f"429 RATE_LIMITED: Refused by the rehearsal. ({HEADERS['X-Request-Id']})"
    assert [each for each in said if each[0] == "parkgraph"] == [
        ("parkgraph", "WARNING", f"getHealth is sent again in 0.2 seconds, attempt 2 of 3: {lost}"),
        ("parkgraph", "WARNING", f"getHealth is sent again in 2.5 seconds, attempt 3 of 3: {slow}"),
    ]


def test_what_is_still_so_is_said_to_those_who_asked(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listLotsGeoJson", status=304, headers={"ETag": ETAG})
    with pytest.raises(NotModified) as caught:
        desk.ask(lambda park: park.lots.list_lots_geo_json(if_none_match=ETAG).first())
    assert desk.sent[0].headers["If-None-Match"] == ETAG
    assert caught.value.answer.headers["ETag"] == ETAG
    with pytest.raises(InvalidAnswer):
        desk.ask(lambda park: park.lots.list_lots_geo_json().first())


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, RateLimited), (500, Internal), (502, BadGateway), (503, ServiceUnavailable), (504, BadGateway)],
)
def test_a_proxy_that_refuses_is_understood_by_its_status(
    desk: Desk, rehearsal: Rehearsal, status: int, kind: type[Refused]
) -> None:
    desk.retries = Retries(attempts=2, random=lambda: 0.0)
    rehearsal.play("getHealth", lambda _: httpx.Response(status, text="<h1>Sorry</h1>"))
    with pytest.raises(kind, match="Something between") as caught:
        desk.ask(health)
    assert len(desk.sent) == 2
    assert (caught.value.request_id, caught.value.budget, caught.value.status) == (None, None, status)


@pytest.mark.parametrize(
    "body", ['{"error": 7}', '{"error": {"code": 1}}', "[]", "teapot", "", '{"error": {"code": []}}']
)
@pytest.mark.parametrize("status", [200, 301, 418])
def test_an_answer_that_is_not_ours_is_kept_but_not_printed(
    desk: Desk, rehearsal: Rehearsal, body: str, status: int
) -> None:
    rehearsal.play("getHealth", lambda _: httpx.Response(status, text=body, headers={"Location": "/x"}))
    with pytest.raises(InvalidAnswer, match=str(status)) as caught:
        desk.ask(health)
    assert (caught.value.answer.status, caught.value.content) == (status, body.encode())
    assert not body or body not in str(caught.value)
    assert len(desk.sent) == 1


@pytest.mark.parametrize("status", [408, 500, 507, 520, 524, 599])
@pytest.mark.parametrize("question", [health, advance])
def test_a_failure_that_says_nothing_is_tried_again(
    desk: Desk, rehearsal: Rehearsal, status: int, question: Any
) -> None:
    for operation, answer in (("getHealth", OK), ("advanceSandboxClock", CLOCK)):
        rehearsal.play(operation, lambda _: httpx.Response(status, text="<h1>Sorry</h1>"))
        rehearsal.answer(operation, answer)
    desk.ask(question)
    assert len(desk.sent) == 2


@pytest.mark.parametrize("status", [408, 520])
def test_but_no_write_without_a_key(desk: Desk, rehearsal: Rehearsal, status: int) -> None:
    rehearsal.play("receiveStripeEvent", lambda _: httpx.Response(status))
    with pytest.raises(InvalidAnswer):
        desk.ask(stripe)
    assert len(desk.sent) == 1


@pytest.mark.parametrize("status", [200, 302, 408, 501, 505, 520])
def test_a_write_that_is_answered_by_nobody_knows_what_keeps_its_key(
    desk: Desk, rehearsal: Rehearsal, status: int
) -> None:
    desk.retries = Retries(attempts=2, random=lambda: 0.0)
    rehearsal.play("advanceSandboxClock", lambda _: httpx.Response(status, text="<h1>Sorry</h1>"))
    with pytest.raises(InvalidAnswer) as caught:
        desk.ask(advance)
    assert caught.value.idempotency_key == "key-0"
    assert keys(desk) == ["key-0"] * (2 if status in {408, 520} else 1)


@pytest.mark.parametrize("more", [{}, {"request_id": None, "details": None}])
def test_a_refusal_needs_no_more_than_code_and_message(
    desk: Desk, rehearsal: Rehearsal, more: dict[str, None]
) -> None:
    error = {"code": "BAD_REQUEST", "message": "No.", **more}
    rehearsal.play("getHealth", lambda _: httpx.Response(400, json={"error": error}))
    with pytest.raises(BadRequest, match=r"^400 BAD_REQUEST: No\.$") as caught:
        desk.ask(health)
    assert (caught.value.request_id, caught.value.details) == (None, ())


def test_a_code_of_tomorrow_is_refused_by_its_name(desk: Desk, rehearsal: Rehearsal) -> None:
    facts = {"code": "TOMORROWS", "message": "Not yet.", "request_id": "req_1"}
    rehearsal.play("getHealth", lambda _: httpx.Response(451, json={"error": facts}, headers=HEADERS))
    with pytest.raises(Refused, match=r"451 TOMORROWS: Not yet\. \(req_1\)") as caught:
        desk.ask(health)
    assert type(caught.value) is Refused
