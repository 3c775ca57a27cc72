"""The documents by themselves: valid OpenAPI, in the style of the house, in the form that ChatGPT imports."""

from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from openapi_spec_validator.readers import read_from_filename

from app.contract import chatgpt_style, lints, tools, tools_style
from app.contract.document import Contract
from gate.figures import Figures
from gate.servers import ROOT, Server

WHOLE = ("/openapi.yaml", "/openapi.json")
FOR_CHATGPT = ("/api/agents/openai/openapi.yaml", "/api/agents/openai/openapi.json")


def fetched(server: Server, path: str) -> dict[str, Any]:
    """Fetch a published form as an importer would."""
    response = httpx.get(server.url + path, trust_env=False)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    document: dict[str, Any] = yaml.load(response.text, Loader=yaml.CSafeLoader)  # reads JSON as well
    return document


def test_the_authored_tree_is_valid_openapi(figures: Figures) -> None:
    document, base = read_from_filename(str(ROOT / "spec" / "openapi.yaml"))
    validate(document, base_uri=base)
    figures.say("openapi-spec-validator", f"spec/openapi.yaml is valid OpenAPI {document['openapi']}")


@pytest.mark.parametrize("path", [*WHOLE, *FOR_CHATGPT])
def test_every_published_form_is_valid_openapi(server: Server, path: str) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(fetched(server, path)).iter_errors()] == []


def test_the_contract_keeps_the_style_of_the_house(contract: Contract, figures: Figures) -> None:
    findings = [str(finding) for finding in lints.check(contract)]
    figures.say("style lint", f"{len(contract.operations)} operations, {len(findings)} findings")
    assert findings == []


def test_the_served_chatgpt_form_can_be_imported(server: Server, figures: Figures) -> None:
    served = fetched(server, FOR_CHATGPT[0])
    findings = [str(finding) for finding in chatgpt_style.check(served)]
    figures.say("GPT-form lint", f"{len(served['paths'])} paths as served, {len(findings)} findings")
    assert findings == []


@pytest.mark.parametrize("platform", tools.SHAPES)
def test_every_served_form_of_tools_is_what_its_platform_takes(server: Server, platform: str) -> None:
    response = httpx.get(f"{server.url}/api/agents/{platform}/tools.json", trust_env=False)
    assert [str(finding) for finding in tools_style.check(platform, response.json())] == []
