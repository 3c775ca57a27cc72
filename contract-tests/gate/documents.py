"""The published forms as files, for judges and generators that read files."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.contract import published
from app.contract.document import Contract

JUDGED = ("openapi.yaml", "openapi.json", "chatgpt.yaml", "copilot-openapi.json")


@pytest.fixture(scope="session")
def documents(contract: Contract, reports: Path) -> Mapping[str, Path]:
    """Write every form that is OpenAPI as a server at its canonical address publishes it; by name."""
    folder = reports / "judged"
    folder.mkdir(exist_ok=True)
    forms = published.forms(contract)
    for name in JUDGED:
        (folder / name).write_bytes(forms[name].body)
    return {name: folder / name for name in JUDGED}
