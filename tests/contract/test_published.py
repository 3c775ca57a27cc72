"""The published forms as they are served."""

import json
import re
from pathlib import Path

import pytest
import yaml

from app.contract import tools
from app.contract.document import Contract
from app.contract.load import load, read_yaml, spec_folder
from app.contract.public_url import CANONICAL_URL
from app.contract.published import forms

MANIFEST = json.loads((Path(__file__).parent / "reference" / "ai-plugin.json").read_text(encoding="utf-8"))

WITHOUT_ADDRESS = {f"{platform}-tools.json" for platform in tools.SHAPES.keys() - {"mcp"}} | {
    "agent-plugin-skill.md"
}


def test_each_form_has_its_address(contract: Contract) -> None:
    assert {form.name: (form.path, form.media_type) for form in forms(contract).values()} == {
        "openapi.yaml": ("/openapi.yaml", "application/yaml"),
        "openapi.json": ("/openapi.json", "application/json"),
        "chatgpt.yaml": ("/api/agents/openai/openapi.yaml", "application/yaml"),
        "chatgpt.json": ("/api/agents/openai/openapi.json", "application/json"),
        "ai-plugin.json": ("/.well-known/ai-plugin.json", "application/json"),
        "copilot-plugin.json": ("/api/agents/copilot/plugin.json", "application/json"),
        "copilot-openapi.json": ("/api/agents/copilot/openapi.json", "application/json"),
        "agent-plugin.zip": ("/api/agents/openai/plugin.zip", "application/zip"),
        "agent-plugin.json": ("/api/agents/openai/plugin/plugin.json", "application/json"),
        "agent-plugin-mcp.json": ("/api/agents/openai/plugin/mcp.json", "application/json"),
        "agent-plugin-skill.md": (
            "/api/agents/openai/plugin/skills/park-a-car/SKILL.md",
            "text/markdown; charset=utf-8",
        ),
        "responses-tools.json": ("/api/agents/responses/tools.json", "application/json"),
        "realtime-tools.json": ("/api/agents/realtime/tools.json", "application/json"),
        "xai-tools.json": ("/api/agents/xai/tools.json", "application/json"),
        "perplexity-tools.json": ("/api/agents/perplexity/tools.json", "application/json"),
        "anthropic-tools.json": ("/api/agents/anthropic/tools.json", "application/json"),
        "gemini-tools.json": ("/api/agents/gemini/tools.json", "application/json"),
        "mcp-tools.json": ("/api/agents/mcp/tools.json", "application/json"),
    }


def test_the_manifest_is_the_reference_s(contract: Contract) -> None:
    assert json.loads(forms(contract)["ai-plugin.json"].body) == MANIFEST


def test_the_whole_document_is_the_contract(contract: Contract) -> None:
    assert json.loads(forms(contract)["openapi.json"].body) == contract.document


@pytest.mark.parametrize("name", ["openapi", "chatgpt"])
def test_yaml_and_json_say_the_same_to_every_reader(contract: Contract, name: str, tmp_path: Path) -> None:
    rendered = forms(contract)
    in_json = json.loads(rendered[f"{name}.json"].body)
    by_json_s_types = tmp_path / "document.yaml"
    by_json_s_types.write_bytes(rendered[f"{name}.yaml"].body)
    assert yaml.safe_load(rendered[f"{name}.yaml"].body) == in_json
    assert read_yaml(by_json_s_types) == in_json


def test_yaml_is_written_without_anchors(contract: Contract) -> None:
    text = forms(contract)["openapi.yaml"].body.decode()
    assert re.search(r"[&*]id\d", text) is None


def test_the_same_contract_gives_the_same_bytes(contract: Contract) -> None:
    anew = Contract.of(load(spec_folder() / "openapi.yaml"), manifest=contract.manifest, skill=contract.skill)
    assert anew.document is not contract.document
    assert forms(anew) == forms(contract)


def test_etags_are_strong_and_tell_forms_and_addresses_apart(contract: Contract) -> None:
    here, there = forms(contract), forms(contract, public_url="http://127.0.0.1:8080")
    etags = [form.etag for form in (*here.values(), *there.values())]
    assert len(set(etags)) == len({form.body for form in (*here.values(), *there.values())})
    assert {name for name in here if here[name].etag == there[name].etag} == WITHOUT_ADDRESS
    assert all(re.fullmatch(r'"[0-9a-f]{32}"', etag) for etag in etags)


def test_the_public_address_replaces_ours_everywhere(contract: Contract) -> None:
    for form in forms(contract, public_url="http://127.0.0.1:8080/").values():
        assert CANONICAL_URL.encode() not in form.body
        assert (b"http://127.0.0.1:8080" in form.body) == (form.name not in WITHOUT_ADDRESS)
        assert b"8080//" not in form.body
