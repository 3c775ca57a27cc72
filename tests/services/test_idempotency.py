"""A request sent twice is carried out once, on both databases."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.callers import Actor, Caller
from app.domain.errors import (
    BadGateway,
    Conflict,
    Detail,
    IdempotencyKeyReused,
    NotFound,
    ParkGraphError,
    PaymentRequired,
)
from app.domain.idempotency import Once
from app.models import IdempotencyKey, Operator
from app.services import idempotency
from app.services.idempotency import KEPT_FOR, LOCK, Answer, Claim, forget, perform
from tests.conftest import EVENING, SetClock

pytestmark = pytest.mark.usefixtures("db", "time")

KEY = Once(key="evening-1", fingerprint="f" * 64)


def a_caller(key_id: str = "key-1") -> Caller:
    return Caller(actor=Actor("api_key", key_id), request_id="req_" + "0" * 32)


def a_stranger(address: str) -> Caller:
    return Caller(actor=Actor("anonymous"), request_id="req_" + "0" * 32, address=address)


def add_operator(claim: Claim) -> str:
    """Do some work: one row, made in one transaction."""
    made = uuid4()
    with database.transaction() as db:
        claim.settle(db, made)
        db.add(Operator(id=made, name="x", plan="growth", created_at=EVENING))
    return str(made)


def operators() -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(Operator)) or 0


def send(
    work: Callable[[Claim], str] = add_operator, *, caller: Caller | None = None, once: Once | None = KEY
) -> Answer[str]:
    return perform(caller or a_caller(), once, work=work, again=lambda subject_id: subject_id)


def refusing(refusal: ParkGraphError) -> Callable[[Claim], str]:
    def work(_: Claim) -> str:
        raise refusal

    return work


def test_without_a_key_every_request_counts() -> None:
    assert send(once=None).value != send(once=None).value
    assert operators() == 2


def test_the_same_request_again_gets_the_first_answer() -> None:
    first, second = send(), send()
    assert second == Answer(first.value, replayed=True)
    assert not first.replayed
    assert operators() == 1


def test_a_request_in_whose_way_stands_its_own_twin_gets_the_twins_answer() -> None:
    def overtaken(_: Claim) -> str:
        faster.append(send())
        raise Conflict("The last space was taken.")  # by the twin, before this one claimed anything

    faster: list[Answer[str]] = []
    assert send(overtaken) == Answer(faster[0].value, replayed=True)


def test_another_request_under_the_key_is_refused() -> None:
    send()
    with pytest.raises(IdempotencyKeyReused):
        send(once=Once(key=KEY.key, fingerprint="e" * 64))
    assert operators() == 1


def test_keys_of_different_callers_have_nothing_to_do_with_each_other() -> None:
    send(caller=a_caller("key-1"))
    assert not send(caller=a_caller("key-2")).replayed
    assert not send(caller=a_stranger("192.0.2.1")).replayed
    assert not send(caller=a_stranger("192.0.2.2")).replayed
    assert operators() == 4


@pytest.mark.parametrize("refusal", [NotFound("gone"), PaymentRequired("declined")])
def test_a_definite_refusal_is_the_first_answer_too(refusal: ParkGraphError) -> None:
    with pytest.raises(type(refusal)):
        send(refusing(refusal))
    with pytest.raises(type(refusal), match=refusal.message) as again:
        send()
    assert again.value.headers == {"Idempotent-Replayed": "true"}
    assert operators() == 0


def test_a_refusal_keeps_the_fields_that_it_named() -> None:
    refusal = PaymentRequired("declined", details=[Detail("payment_method", "declined")])
    with pytest.raises(PaymentRequired):
        send(refusing(refusal))
    with pytest.raises(PaymentRequired) as again:
        send()
    assert again.value.details == refusal.details


@pytest.mark.parametrize("refusal", [Conflict("full"), BadGateway("away"), ZeroDivisionError("a mistake")])
def test_what_may_pass_is_tried_again(refusal: Exception) -> None:
    def fail(_: Claim) -> str:
        raise refusal

    with pytest.raises(type(refusal)):
        send(fail)
    assert not send().replayed
    assert operators() == 1


@pytest.mark.parametrize("refusal", [NotFound("gone"), Conflict("full")])
def test_a_refusal_says_nothing_about_another_request_that_came_to_the_key_first(
    refusal: ParkGraphError,
) -> None:
    first = Once(KEY.key, fingerprint="e" * 64)

    def overtaken(_: Claim) -> str:
        send(once=first)
        raise refusal

    with pytest.raises(type(refusal)):
        send(overtaken)
    assert send(once=first).replayed
    with pytest.raises(IdempotencyKeyReused):
        send()


def test_a_refusal_gives_nobody_a_key_whose_request_still_runs() -> None:
    first = Once(KEY.key, fingerprint="e" * 64)

    def overtaken(_: Claim) -> str:
        with database.transaction() as db:
            Claim("api_key:key-1", first).enter(db, "subject")
        raise Conflict("full")

    with pytest.raises(Conflict, match="full"):
        send(overtaken)
    with pytest.raises(Conflict, match="still runs"):
        send(once=first)


def test_what_fails_after_the_work_does_not_undo_its_answer() -> None:
    def shown_badly(claim: Claim) -> str:
        add_operator(claim)
        raise NotFound("not to be seen just now")

    with pytest.raises(NotFound):
        send(shown_badly)
    assert send().replayed
    assert operators() == 1


def test_while_the_first_request_runs_the_second_is_told_to_wait() -> None:
    def work(claim: Claim) -> str:
        with database.transaction() as db:
            claim.enter(db, "subject")
        with pytest.raises(Conflict) as refusal:
            send()
        assert refusal.value.headers["Retry-After"] == "1"
        return "subject"

    assert send(work).value == "subject"
    assert operators() == 0


def test_work_left_by_a_crash_is_carried_on_and_not_begun_again(time: SetClock) -> None:
    class Killed(BaseException):
        """What a SIGKILL is to the code: nothing after it runs."""

    def work(claim: Claim) -> str:
        with database.transaction() as db:
            claim.enter(db, "subject")
        raise Killed

    with pytest.raises(Killed):
        send(work)
    with pytest.raises(Conflict):
        send()
    time.move(seconds=LOCK.total_seconds() + 1)
    resumed: list[str] = []

    def resume(_: Claim, subject_id: str) -> str:
        resumed.append(subject_id)
        return "carried on"

    answer = perform(a_caller(), KEY, work=add_operator, again=str, resume=resume)
    assert (answer.value, resumed, operators()) == ("carried on", ["subject"], 0)
    assert send() == Answer("subject", replayed=True)


def test_one_of_many_at_once_does_the_work() -> None:
    answers: list[Answer[str]] = []
    refusals: list[Conflict] = []
    start = threading.Barrier(12)

    def race() -> None:
        start.wait()
        try:
            answers.append(send())
        except Conflict as refusal:
            refusals.append(refusal)

    threads = [threading.Thread(target=race) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert operators() == 1
    assert len(answers) + len(refusals) == 12
    assert len({answer.value for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1


def test_nothing_of_the_request_is_stored_but_its_fingerprint() -> None:
    made = send().value
    with database.reading() as db:
        row = db.scalars(select(IdempotencyKey)).one()
    assert row.subject_id == str(UUID(made))
    assert row.error is None


def test_keys_are_forgotten_after_seven_days(time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "_AT_ONCE", 2)
    for number in range(5):
        send(once=KEY if number == 0 else Once(f"other-{number}", "f" * 64))
    assert forget(time.at + KEPT_FOR) == 0
    assert forget(time.at + KEPT_FOR + LOCK) == 5
    assert not send().replayed


def test_work_of_several_transactions_goes_on_from_what_it_noted_last(time: SetClock) -> None:
    def work(claim: Claim) -> str:
        with database.transaction() as db:
            claim.enter(db, "a-long-list")
        for done in (1, 2):
            time.move(seconds=LOCK.total_seconds() - 1)
            with database.transaction() as db:
                claim.note(db, {"done": done})
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        send(work)
    assert idempotency.progress(a_caller(), KEY) == {"done": 2}
    assert idempotency.progress(a_caller("another"), KEY) is None
    assert idempotency.progress(a_caller(), None) is None
    assert send().value == "a-long-list"


def test_nobody_takes_over_from_work_that_still_makes_notes(time: SetClock) -> None:
    def work(claim: Claim) -> str:
        with database.transaction() as db:
            claim.enter(db, "a-long-list")
        time.move(seconds=LOCK.total_seconds() - 1)
        with database.transaction() as db:
            claim.note(db, {"done": 1})
        time.move(seconds=LOCK.total_seconds() - 1)
        with pytest.raises(Conflict):
            send()
        return "a-long-list"

    assert send(work).value == "a-long-list"
