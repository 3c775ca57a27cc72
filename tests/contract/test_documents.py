"""The written contract, as it stands, folded and lowered, is valid OpenAPI."""

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from app.contract.document import Contract
from app.contract.load import read_yaml, spec_folder
from app.contract.lower import lower


def test_the_authored_tree_is_valid_as_it_stands() -> None:
    root = spec_folder() / "openapi.yaml"
    errors = OpenAPIV31SpecValidator(read_yaml(root), base_uri=root.as_uri()).iter_errors()
    assert list(errors) == []


def test_the_folded_document_is_valid_openapi_3_1() -> None:
    assert list(OpenAPIV31SpecValidator(Contract.read().document).iter_errors()) == []


def test_the_lowered_document_is_valid_openapi_3_0() -> None:
    lowered = lower(Contract.read().document)
    assert lowered["openapi"] == "3.0.3"
    assert list(OpenAPIV30SpecValidator(lowered).iter_errors()) == []
