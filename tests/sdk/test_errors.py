"""Exceptions go where programs send them: into copies, and from one process to another."""

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import httpx
import pytest

from parkgraph import (
    Answer,
    BadRequest,
    Detail,
    InvalidAnswer,
    NotFound,
    NotModified,
    NotReached,
    ParkGraph,
    ParkGraphError,
    Refused,
)
from parkgraph.errors import CATALOGUE
from parkgraph.testing import HEADERS, Rehearsal
from parkgraph.webhooks import WebhookRefused

ANSWER = Answer(status=409, headers=httpx.Headers({**HEADERS, "Retry-After": "2"}))
REFUSED = {
    "answer": ANSWER,
    "code": "TOMORROWS",
    "details": [Detail("plate", "is no plate")],
    "idempotency_key": "order-4711",
}
EVERY: list[ParkGraphError] = [
    ParkGraphError("It failed."),
    NotReached("Nobody answered.", idempotency_key="order-4711"),
    InvalidAnswer("It is a page.", answer=ANSWER, content=b"<html>", idempotency_key="order-4711"),
    NotModified(answer=ANSWER),
    WebhookRefused("It is too old."),
    *(kind("It was refused.", **REFUSED) for kind in [Refused, *CATALOGUE.values()]),
]


def pickled(error: ParkGraphError) -> Any:
    return pickle.loads(pickle.dumps(error))


def test_every_class_is_here() -> None:
    def below(kind: type[ParkGraphError]) -> set[type[ParkGraphError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    assert {type(error) for error in EVERY} == below(ParkGraphError)


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_exception_keeps_all_that_it_holds(
    error: ParkGraphError, again: Callable[[ParkGraphError], ParkGraphError]
) -> None:
    same = again(error)
    assert same is not error
    assert (type(same), str(same), same.args) == (type(error), str(error), error.args)
    assert vars(same) == vars(error)


@pytest.mark.parametrize(("count", "more"), [(0, ""), (1, ""), (2, " … and 1 more"), (5, " … and 4 more")])
def test_a_refusal_says_how_much_more_is_wrong(count: int, more: str) -> None:
    details = [Detail(f"field_{number}", "is wrong") for number in range(count)]
    refusal = BadRequest("field_0: is wrong", answer=ANSWER, details=details)
    assert str(refusal) == f"409 BAD_REQUEST: field_0: is wrong{more} ({HEADERS['X-Request-Id']})"


def test_a_refusals_repr_has_status_and_code() -> None:
    assert repr(NotFound("There is none.", answer=ANSWER)) == (
        f"NotFound('409 NOT_FOUND: There is none. ({HEADERS['X-Request-Id']})')"
    )


def test_a_refusal_comes_back_from_another_process() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(NotFound, match="There is no lot") as caught:
            pool.submit(look).result(timeout=60)
        assert caught.value.request_id == HEADERS["X-Request-Id"]


def look() -> None:
    rehearsal = Rehearsal()
    rehearsal.refuse("getLot", "NOT_FOUND", message="There is no lot with this id.")
    ParkGraph("", transport=rehearsal).lots.get_lot("1")
