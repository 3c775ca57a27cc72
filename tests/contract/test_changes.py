"""Planted changes: each is found at its place, on its side, and weighs what docs/versioning.md says."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest

from app.contract.changes.document import compare
from app.contract.changes.entries import grouped
from tests.contract import planting as plant
from tests.contract.planted_answers import ANSWERS, DOCUMENT, VARIANTS
from tests.contract.planted_requests import ACCESS, BODIES, OPERATIONS, PARAMETERS
from tests.contract.planting import SMALL, Case, all_of, more, of, pop, put

BODY = "createStay: request body"

CASES = [
    pytest.param(each, id=f"{table}: {each.name}")
    for table, cases in {
        "operation": OPERATIONS,
        "access": ACCESS,
        "parameter": PARAMETERS,
        "body": BODIES,
        "variant": VARIANTS,
        "answer": ANSWERS,
        "document": DOCUMENT,
    }.items()
    for each in cases
]


def lines(released: plant.Document, current: plant.Document) -> set[str]:
    return {f"{each.impact} {each.side} {each.place}" for each in grouped(compare(released, current))}


@pytest.mark.parametrize("each", CASES)
def test_a_planted_change_is_told_for_what_it_is(each: Case) -> None:
    changed = deepcopy(SMALL)
    each.plant(changed)
    assert lines(SMALL, changed) == set(each.lines)


def test_words_beside_a_reference_are_told_where_they_stand() -> None:
    released = deepcopy(SMALL)
    line = {"$ref": "#/components/schemas/Line"}
    more("Stay", first=line, last=line)(released)
    current = deepcopy(released)
    described = {name: line | {"description": f"The {name}."} for name in ("first", "last")}
    more("Stay", **described)(current)
    assert lines(released, current) == {"docs response Stay.first", "docs response Stay.last"}


def test_a_sunset_that_is_brought_forward_breaks_a_promise() -> None:
    late, early = deepcopy(SMALL), deepcopy(SMALL)
    put(plant.create, x__sunset="2027-06-01T00:00:00Z")(late)
    put(plant.create, x__sunset="2027-01-01T00:00:00Z")(early)
    assert lines(late, early) == {"breaking neither createStay"}
    assert lines(early, late) == {"additive neither createStay"}


RELEASED = datetime(2026, 12, 1, tzinfo=UTC)
ENOUGH, TOO_SOON = "2027-05-30T00:00:00Z", "2027-05-29T23:59:59Z"


@pytest.mark.parametrize(
    ("sunset", "since", "impact"),
    [
        (ENOUGH, None, "additive"),
        (ENOUGH, "2026-01-01T00:00:00Z", "additive"),
        (ENOUGH, "2026-12-01T00:00:01Z", "breaking"),
        (TOO_SOON, None, "breaking"),
        (TOO_SOON, "2026-01-01T00:00:00Z", "breaking"),
        ("2020-01-01T00:00:00Z", None, "breaking"),
        ("tomorrow", None, "breaking"),
    ],
)
def test_a_first_sunset_gives_notice_from_the_release_on(sunset: str, since: str | None, impact: str) -> None:
    words = {"deprecated": True, "x-sunset": sunset} | ({"x-deprecated-at": since} if since else {})
    leaving = deepcopy(SMALL)
    plant.create(leaving).update(words)
    found = compare(SMALL, leaving, released_at=RELEASED)
    assert [each.impact for each in found if "is served until" in each.sentence] == [impact]


def test_a_sunset_that_nobody_knows_the_release_of_is_held_against_its_deprecation() -> None:
    leaving = deepcopy(SMALL)
    plant.create(leaving).update({"x-deprecated-at": "2026-12-01T00:00:00Z", "x-sunset": TOO_SOON})
    assert "breaking" in {each.impact for each in compare(SMALL, leaving)}


def test_a_property_that_an_open_request_names_now_may_refuse_what_was_taken() -> None:
    opened, named = deepcopy(SMALL), deepcopy(SMALL)
    for document in (opened, named):
        of("StayRequest", additionalProperties=True)(document)
    more("StayRequest", extra={"type": "string"})(named)
    assert lines(opened, named) == {f"breaking request {BODY}: extra"}


def test_a_reference_that_leads_nowhere_breaks() -> None:
    broken = deepcopy(SMALL)
    plant.named("Stay.lines")(broken)["items"]["$ref"] = "#/components/schemas/Nothing"
    assert {line.split()[0] for line in lines(SMALL, broken)} >= {"breaking"}


def test_true_is_not_one() -> None:
    ones, truths = deepcopy(SMALL), deepcopy(SMALL)
    of("StayRequest.fixed", const=1)(ones)
    of("StayRequest.fixed", const=True)(truths)
    assert "breaking request createStay: request body: fixed" in lines(ones, truths)


def test_a_mapping_that_leads_elsewhere_breaks() -> None:
    crossed = deepcopy(SMALL)
    plant.crossed_mapping(crossed)
    assert "breaking request dispatch: request body: <find>.near" in lines(SMALL, crossed)


def test_the_heaviest_change_is_told_first() -> None:
    changed = deepcopy(SMALL)
    all_of(put(plant.create, summary="Make a stay"), pop(plant.create, "requestBody"))(changed)
    assert [change.impact for change in compare(SMALL, changed)] == ["breaking", "docs"]
    assert compare(SMALL, changed)[0].where == "createStay: request body"
