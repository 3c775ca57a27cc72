"""A change may say null, which takes a value away (RFC 7396); nothing else of the contract may."""

from copy import deepcopy

import pytest

from app.contract import schema_style
from app.contract.document import Contract


@pytest.mark.parametrize(
    ("schema", "broken"),
    [("LotChange", {"bounded-string"}), ("LotCreation", {"bounded-string", "never-null"})],
)
def test_null_is_for_changes_and_a_text_that_may_be_null_is_bounded_too(
    contract: Contract, schema: str, broken: set[str]
) -> None:
    document = deepcopy(contract.document)
    note = {"type": ["string", "null"], "description": "A note.", "examples": ["x"]}
    document["components"]["schemas"][schema]["properties"]["note"] = note
    findings = schema_style.check(Contract.of(document, manifest=contract.manifest))
    assert {finding.rule for finding in findings} == broken
