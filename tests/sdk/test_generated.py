"""What is generated: as it is kept, and as it reads."""

from pathlib import Path

import pytest

from generate.kinds import Kinds
from generate.reading import Book
from generate.writing import FOLDERS, PACKAGE, TABLE, write
from parkgraph import ParkGraph


def texts(package: Path) -> dict[str, str]:
    files = [path for folder in FOLDERS for path in (package / folder).glob("*.py")]
    return {str(path.relative_to(package)): path.read_text() for path in [*files, package / TABLE]}


def test_what_is_kept_is_what_the_contract_gives(tmp_path: Path) -> None:
    write(tmp_path)
    assert texts(tmp_path) == texts(PACKAGE)


def test_a_list_that_is_read_over_all_its_pages_is_not_said_to_be_cut_off() -> None:
    listed = [
        getattr(resource, name).__doc__
        for resource in vars(ParkGraph("")).values()
        for name in dir(resource)
        if str(get_annotation(resource, name)).startswith("parkgraph.pages.Pages")
    ]
    assert len(listed) > 5
    assert [doc for doc in listed if "limit: How many entries a page has at most" not in doc] == []
    assert [doc for doc in listed if "iterating needs none" not in " ".join(doc.split())] == []


def get_annotation(resource: object, name: str) -> object:
    return getattr(getattr(resource, name), "__annotations__", {}).get("return")


def test_a_number_is_judged_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="surcharge is a number"):
        Kinds(Book.open(), sent=True).of({"type": "number"}, called="surcharge")
