"""Whatever changes in the contract is told: every leaf of the real document, changed and taken away.

A sample by seed; with SOAK=1 all of them, which takes some minutes.
"""

import os
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from app.contract.changes.document import compare
from app.contract.document import Contract

NODES = 60
VERSION = ("info", "version")
Way = tuple[str | int, ...]


class Leaf(NamedTuple):
    """A leaf of the document: the way to what holds it, and its key there."""

    way: Way
    key: str | int


def leaves(node: Any, way: Way = ()) -> Iterator[Leaf]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list) and value:
            yield from leaves(value, (*way, key))
        elif (*way, key) != VERSION:
            yield Leaf(way, key)


def another(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list | dict):
        return ["x"] if isinstance(value, list) else {"x": []}
    return f"{value or ''}x"


def at(document: Any, way: Way) -> Any:
    for key in way:
        document = document[key]
    return document


def changed(document: Any, leaf: Leaf) -> Any:
    """Return the document with another value in the leaf's place."""
    copy = branched(document, leaf.way)
    holder = at(copy, leaf.way)
    holder[leaf.key] = another(holder[leaf.key])
    return copy


def without(document: Any, leaf: Leaf) -> Any:
    """Return the document without the leaf."""
    copy = branched(document, leaf.way)
    del at(copy, leaf.way)[leaf.key]
    return copy


def branched(document: Any, way: Way) -> Any:
    """Copy a document along one way; all else is shared."""
    copy = type(document)(document)
    holder = copy
    for key in way:
        holder[key] = type(holder[key])(holder[key])
        holder = holder[key]
    return copy


def sample(document: Any, seed: int) -> list[Leaf]:
    every = list(leaves(document))
    return every if os.environ.get("SOAK") else random.Random(seed).sample(every, NODES)


SEEDS = [1] if os.environ.get("SOAK") else [1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mutate", [changed, without])
def test_no_leaf_changes_in_silence_and_every_one_is_understood(
    contract: Contract, mutate: Any, seed: int
) -> None:
    document, overlooked = contract.document, []
    for leaf in sample(document, seed):
        mutant = mutate(document, leaf)
        for released, current in ((document, mutant), (mutant, document)):
            found = compare(released, current)
            if not found or any("not understood" in change.sentence for change in found):
                overlooked.append((leaf, found[:1]))
    assert overlooked == []


@pytest.mark.parametrize("seed", SEEDS)
def test_an_unknown_keyword_is_told_wherever_it_stands(contract: Contract, seed: int) -> None:
    document, silent = contract.document, []
    for way in {leaf.way for leaf in sample(document, seed)}:
        if isinstance(at(document, way), dict):
            mutant = branched(document, way)
            at(mutant, way)["x-unheard-of"] = {}
            if not compare(document, mutant):
                silent.append(way)
    assert silent == []


def test_what_is_the_same_has_not_changed(contract: Contract) -> None:
    assert compare(contract.document, deepcopy(contract.document)) == []
