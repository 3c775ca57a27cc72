"""Names of operators, projects and keys."""

import re

import pytest

from app.contract.document import Contract
from app.domain import names
from app.domain.errors import BadRequest

GOOD = ["x", "Vail Parking", "ChatGPT custom GPT — sales team", "駐車場", "a" * 100]
BAD = ["", " ", " Vail", "Vail\nParking", "Vail\n", "\N{NO-BREAK SPACE}Vail", "a\x00b", "a" * 101]


@pytest.mark.parametrize("name", GOOD)
def test_a_line_of_text_is_a_name(name: str) -> None:
    names.require_name(name)
    assert obeys_the_contract(name)


@pytest.mark.parametrize("name", BAD)
def test_what_the_contract_forbids_is_no_name(name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        names.require_name(name)
    assert [detail.field for detail in refused.value.details] == ["name"]
    assert not obeys_the_contract(name)


def test_bytes_that_are_no_text_are_no_name() -> None:
    with pytest.raises(BadRequest, match="name: "):
        names.require_name("Vail \udcff")


def obeys_the_contract(name: str) -> bool:
    rule = Contract.read().document["components"]["schemas"]["KeyName"]
    fits = rule["minLength"] <= len(name) <= rule["maxLength"]
    return fits and re.fullmatch(rule["pattern"].strip("^$"), name) is not None
