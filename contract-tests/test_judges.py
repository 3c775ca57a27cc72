"""The documents before judges who know nothing of us: Spectral with OWASP's rules, and Redocly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate import linters
from gate.figures import Figures

FOR_SPECTRAL = ("openapi.yaml", "chatgpt.yaml", "copilot-openapi.json")
"""Every published form that is OpenAPI, in one notation."""
AS_REDOCLY_NAMES_THEM = ("authored", "whole", "chatgpt", "copilot")


def test_spectral_and_owasp_find_nothing(documents: Mapping[str, Path], figures: Figures) -> None:
    findings = linters.spectral(*(documents[name] for name in FOR_SPECTRAL))
    figures.say(
        "spectral", f"spectral:oas and OWASP, {len(FOR_SPECTRAL)} documents, {len(findings)} findings"
    )
    assert findings == []


def test_redocly_at_its_strictest_finds_nothing(documents: Mapping[str, Path], figures: Figures) -> None:
    assert documents
    judged, findings = linters.redocly(*AS_REDOCLY_NAMES_THEM)
    figures.say("redocly", f"recommended-strict, {judged} documents, {len(findings)} findings")
    assert judged == len(AS_REDOCLY_NAMES_THEM)
    assert findings == []


@pytest.fixture
def spoiled(documents: Mapping[str, Path], tmp_path: Path) -> Path:
    """Write a form down with three defects: no TLS, text without end, a key of no known kind."""
    document: dict[str, Any] = yaml.load(documents["chatgpt.yaml"].read_bytes(), Loader=yaml.CSafeLoader)
    document["servers"][0]["url"] = "http://parkgraph.com"
    schemas = document["components"]["schemas"]
    longest = max(schemas, key=lambda name: schemas[name].get("maxLength", 0))
    del schemas[longest]["maxLength"]
    document["paths"]["/api/v1/agents/openai/actions"]["post"]["security"] = [{"cookie": []}]
    path = tmp_path / "chatgpt.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_spectral_finds_what_is_planted(spoiled: Path) -> None:
    found = " ".join(linters.spectral(spoiled))
    assert "owasp:api8:2023-no-server-http at servers/0/url" in found
    assert "owasp:api4:2023-string-limit at components/schemas" in found


def test_redocly_finds_what_is_planted(spoiled: Path) -> None:
    _, findings = linters.redocly(str(spoiled))
    assert "security-defined" in " ".join(findings)
