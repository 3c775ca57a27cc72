"""Writes everything into a package, in the place of what was generated before."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from generate.layout import tidy
from generate.methods import ASYNC, WAITING
from generate.models import models
from generate.operations import operations
from generate.reading import Book
from generate.resources import resources

PACKAGE: Final = Path(__file__).resolve().parents[1] / "parkgraph"
FOLDERS: Final = ("models", "resources", "async_resources")
TABLE: Final = "operations.py"


def write(package: Path) -> None:
    """Write models, resources and the table of operations into a package, and lay them out."""
    book = Book.open()
    modules: Mapping[str, Mapping[str, str]] = {
        "models": models(book),
        "resources": resources(book, WAITING),
        "async_resources": resources(book, ASYNC),
    }
    for folder, texts in modules.items():
        shutil.rmtree(package / folder, ignore_errors=True)
        (package / folder).mkdir(parents=True)
        for name, text in texts.items():
            (package / folder / f"{name}.py").write_text(text, encoding="utf-8")
    (package / TABLE).write_text(operations(book), encoding="utf-8")
    for generated in (*FOLDERS, TABLE):
        tidy(package / generated)
