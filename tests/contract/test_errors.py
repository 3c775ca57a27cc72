"""The catalogue of error codes."""

import pytest

from app.contract.document import Contract
from app.contract.errors import catalogue, status_of
from app.domain.errors import ParkGraphError

REFERENCE = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "AGENT_OPT_IN_REQUIRED": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "RATE_LIMITED": 429,
    "PAYLOAD_TOO_LARGE": 413,
    "INTERNAL": 500,
    "BAD_GATEWAY": 502,
}
"""The table of the reference, and its opt-in refusal."""


def codes(refusal: type[ParkGraphError]) -> set[str]:
    return {refusal.code}.union(*(codes(each) for each in refusal.__subclasses__()))


@pytest.mark.parametrize(("code", "status"), REFERENCE.items())
def test_the_reference_s_codes_have_its_statuses(code: str, status: int) -> None:
    assert status_of(code) == status


def test_every_refusal_of_the_domain_is_in_the_catalogue_and_the_other_way_round() -> None:
    assert codes(ParkGraphError) == set(catalogue())


def test_every_entry_says_what_it_means_and_what_to_do() -> None:
    for entry in catalogue().values():
        assert entry.meaning.endswith(".")
        assert entry.action.endswith(".")


def test_the_contract_carries_the_same_statuses(contract: Contract) -> None:
    assert dict(contract.errors) == {code: status_of(code) for code in catalogue()}


def test_an_unknown_code_has_no_status() -> None:
    with pytest.raises(KeyError):
        status_of("OUT_OF_CHEESE")
