"""When a delivery is tried, when it is given up, and when a receiver is left alone."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import webhooks
from app.domain.webhooks import Outcome

NOW = datetime(2026, 4, 10, 23, 30, tzinfo=UTC)
DOWN = Outcome(duration_ms=3, failure="connection_failed")


def answered(status: int, **facts: object) -> Outcome:
    return Outcome(duration_ms=3, status=status, **facts)  # type: ignore[arg-type] # test sugar


def test_the_schedule_is_the_published_one() -> None:
    seconds = [wait.total_seconds() for wait in webhooks.RETRIES]
    hour = 3600
    assert seconds == [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]


@pytest.mark.parametrize("attempts", range(1, webhooks.MOST_ATTEMPTS))
def test_the_next_attempt_comes_by_the_schedule_and_at_most_a_tenth_later(attempts: int) -> None:
    wait = webhooks.RETRIES[attempts - 1]
    assert webhooks.next_attempt_at(NOW, DOWN, attempts=attempts, chance=0) == NOW + wait
    assert webhooks.next_attempt_at(NOW, DOWN, attempts=attempts, chance=1) == NOW + wait * 1.1


def test_a_receiver_is_not_tried_before_it_asked_to_be() -> None:
    busy = answered(503, retry_after=timedelta(minutes=2))
    assert webhooks.next_attempt_at(NOW, busy, attempts=1, chance=0) == NOW + timedelta(minutes=2)
    assert webhooks.next_attempt_at(NOW, busy, attempts=2, chance=0) == NOW + timedelta(minutes=5)
    for_ever = answered(503, retry_after=timedelta(days=999))
    assert webhooks.next_attempt_at(NOW, for_ever, attempts=1, chance=0) == NOW + timedelta(days=1)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    assert webhooks.verdict(answered(status), attempts=1) == "delivered"


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 304, 307, 308, 400, 404, 409, 429, 500, 503])
def test_anything_else_is_tried_again_a_redirect_too(status: int) -> None:
    assert webhooks.verdict(answered(status), attempts=9) == "again"
    assert webhooks.verdict(answered(status), attempts=10) == "failed"
    assert webhooks.verdict(DOWN, attempts=1) == "again"


def test_a_receiver_that_is_gone_is_not_tried_again() -> None:
    assert webhooks.verdict(answered(410), attempts=1) == "failed"
    assert answered(410).is_gone
    assert not DOWN.is_gone


def test_a_receiver_that_fails_again_and_again_is_left_alone_longer_and_longer() -> None:
    pauses = [webhooks.pause_after(failures) for failures in (0, 4, 5, 6, 7, 8, 9, 10, 1000)]
    minutes = [None if pause is None else pause.total_seconds() / 60 for pause in pauses]
    assert minutes == [None, None, 1, 2, 4, 8, 15, 15, 15]


def test_a_secret_is_of_the_standard_s_form_and_new_each_time() -> None:
    secrets = {webhooks.new_secret() for _ in range(20)}
    assert len(secrets) == 20
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 24


def test_an_excerpt_is_one_short_line_without_controls() -> None:
    said = b"  caf\xc3\xa9\r\n\x1b[31mred\x00\xff \xe2\x80\xae" + b"x" * 1000
    kept = webhooks.excerpt(said)
    assert kept.startswith("café [31mred � x")
    assert len(kept) == webhooks.LONGEST_EXCERPT
    assert kept.isprintable()


def test_a_receiver_wants_what_it_asked_for() -> None:
    assert webhooks.wants(["session.ended"], "session.ended")
    assert not webhooks.wants(["session.ended"], "session.created")
