"""The examples in docstrings say what is so."""

import doctest
import importlib
import pkgutil

import pytest

import parkgraph

MODULES = ["parkgraph", *(each.name for each in pkgutil.walk_packages(parkgraph.__path__, "parkgraph."))]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_right(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    counts = {name: doctest.testmod(importlib.import_module(name)).attempted for name in MODULES}
    assert {name for name, count in counts.items() if count} >= {
        "parkgraph",
        "parkgraph.answers",
        "parkgraph.retries",
        "parkgraph.testing",
        "parkgraph.webhooks",
    }
