"""An operation leaves with dates, an explanation and a successor, or the lint says what it lacks."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from app.contract import lints, retirement_style
from app.contract.document import Contract
from app.contract.load import SpecError
from app.contract.retirement import Retirement

Node = dict[str, Any]

SEARCH = "/api/v1/lots/search"
LEAVES = {
    "deprecated": True,
    "x-deprecated-at": "2026-12-01T00:00:00Z",
    "x-sunset": "2027-06-01T00:00:00Z",
    "externalDocs": {"url": "https://parkgraph.com/developers/changelog"},
    "description": "Finds lots. Use listLotsGeoJson instead.",
}
TEXT = {"type": "string", "maxLength": 2048, "pattern": "^[ -~]+$", "examples": ["@1796083200"]}
NOTICED = {
    name: {"description": "The farewell.", "required": True, "schema": TEXT}
    for name in retirement_style.HEADERS
}


def leaving(contract: Contract, spoil: Callable[[Node], Any] = lambda node: node) -> Contract:
    """Return the contract with a searchLots that leaves as it should, and one thing changed."""
    document = deepcopy(contract.document)
    node = document["paths"][SEARCH]["get"]
    node.update(deepcopy(LEAVES))
    node["responses"]["200"]["headers"].update(deepcopy(NOTICED))
    spoil(node)
    return Contract.of(document, manifest=contract.manifest, skill=contract.skill)


def test_the_farewell_is_read_from_the_document(contract: Contract) -> None:
    assert leaving(contract).operations["searchLots"].retirement == Retirement(
        deprecated_at=datetime(2026, 12, 1, tzinfo=UTC),
        sunset_at=datetime(2027, 6, 1, tzinfo=UTC),
        explained_at="https://parkgraph.com/developers/changelog",
    )
    assert contract.operations["searchLots"].retirement is None


def test_an_operation_that_leaves_as_it_should_breaks_no_rule(contract: Contract) -> None:
    assert lints.check(leaving(contract)) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda node: node.pop("x-deprecated-at"), "is deprecated, and has no x-deprecated-at"),
        (lambda node: node.pop("x-sunset"), "is deprecated, and has no x-sunset"),
        (
            lambda node: node.update({"x-sunset": "2027-05-29T00:00:00Z"}),
            "ends sooner than 180 days after its deprecation",
        ),
        (
            lambda node: node.update({"x-sunset": "2026-11-01T00:00:00Z"}),
            "ends sooner than 180 days after its deprecation",
        ),
        (
            lambda node: node.pop("externalDocs"),
            "is deprecated, and its externalDocs name no https address that explains it",
        ),
        (
            lambda node: node.update(description="Finds lots. Use something else instead."),
            "is deprecated, and its description names no operation that replaces it",
        ),
        (
            lambda node: node.update(description="Use searchLots instead."),
            "is deprecated, and its description names no operation that replaces it",
        ),
        (
            lambda node: node["responses"]["200"]["headers"].pop("Sunset"),
            "is deprecated, and does not require Sunset in its 200",
        ),
    ],
)
def test_what_an_operation_that_leaves_lacks_is_said(
    contract: Contract, spoil: Callable[[Node], Any], message: str
) -> None:
    findings = retirement_style.check(leaving(contract, spoil))
    assert [(each.rule, each.where, each.message) for each in findings] == [
        ("retirement", "searchLots", message)
    ]


def test_180_days_are_enough(contract: Contract) -> None:
    just = leaving(contract, lambda node: node.update({"x-sunset": "2027-05-30T00:00:00Z"}))
    assert list(retirement_style.check(just)) == []


def test_dates_without_the_word_are_a_mistake(contract: Contract) -> None:
    findings = retirement_style.check(leaving(contract, lambda node: node.pop("deprecated")))
    assert [each.message for each in findings] == [
        "says its x-deprecated-at, and is not deprecated",
        "says its x-sunset, and is not deprecated",
    ]


@pytest.mark.parametrize("written", ["tomorrow", "2027-06-01T00:00:00", 20270601])
def test_a_date_that_is_none_stops_the_start(contract: Contract, written: object) -> None:
    with pytest.raises(SpecError, match="searchLots: x-sunset is no instant like"):
        leaving(contract, lambda node: node.update({"x-sunset": written}))
