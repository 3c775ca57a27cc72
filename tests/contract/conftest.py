"""The contract of this checkout, and trees of one's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.contract.document import Contract

WriteTree = Callable[..., Path]


@pytest.fixture
def contract() -> Contract:
    return Contract.read()


@pytest.fixture
def write_tree(tmp_path: Path) -> WriteTree:
    """Write files given by name (`openapi_yaml=...`) and return the root."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / name.replace("_yaml", ".yaml")).write_text(text, encoding="utf-8")
        return tmp_path / "openapi.yaml"

    return write
