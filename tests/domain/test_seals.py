"""The chain of seals: every byte counts, and what is broken is named once and precisely."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from app.domain import seals
from app.domain.seals import Chain, Link, Stored, stored

OPERATOR = UUID("019d79bb-20c0-7128-a24b-e40ad23f0824")


def entry(number: int, **columns: bytes) -> dict[str, bytes | None]:
    said = {"action": stored("session.end"), "operator_id": stored(OPERATOR), "lot_id": None}
    return {**said, "id": stored(UUID(int=number)), **columns}


def link(number: int, previous: str) -> Link:
    sealed = entry(number)
    seal = {
        "entry_hash": stored(seals.entry_hash(sealed)),
        "entry_id": stored(UUID(int=number)),
        "hash": b"",
        "number": stored(number),
        "operator_id": stored(OPERATOR),
        "sealed_at": stored(1_795_365_486_590_281),
    }
    return Link({**seal, "hash": stored(seals.seal_hash(previous, seal))}, sealed)


def chain(length: int = 5) -> list[Link]:
    links: list[Link] = []
    previous = seals.FIRST
    for number in range(1, length + 1):
        links.append(link(number, previous))
        previous = hash_of(links[-1])
    return links


def hash_of(at: Link) -> str:
    return str(seals.shown(at.seal["hash"]))


def found(links: Sequence[Link]) -> list[tuple[str, str | None]]:
    walk = Chain()
    return [(finding.kind, finding.number) for at in links for finding in walk.follow(at)]


def with_seal(at: Link, **columns: bytes) -> Link:
    return Link({**at.seal, **columns}, at.entry)


def test_a_whole_chain_has_nothing_to_report() -> None:
    assert found(chain()) == []


def test_a_hash_is_what_an_auditor_computes_by_hand() -> None:
    said: Stored = {"action": b"text rates.set", "diff": b"text {}", "lot_id": None, "number": b"integer 7"}
    framed = b"action=14:text rates.set\ndiff=7:text {}\nnumber=9:integer 7\n"
    assert seals.entry_hash(said) == seals.sha256(b"parkgraph audit entry 1\n" + framed).hexdigest()
    after = b"parkgraph audit seal 1\n" + b"0" * 64 + b"\n" + framed
    assert seals.seal_hash(seals.FIRST, {**said, "hash": b"text x"}) == seals.sha256(after).hexdigest()


def test_a_column_that_holds_nothing_changes_no_hash() -> None:
    assert seals.entry_hash(entry(1)) == seals.entry_hash({**entry(1), "of_a_later_version": None})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"diff": b'text {"rate": 6.0}'}, {"diff": b'text {"rate": 6.00}'}),
        ({"diff": b'text {"rate": 6}'}, {"diff": b'text {"rate":6}'}),
        ({"id": b"text 0a"}, {"id": b"text 0A"}),
        ({"at": b"integer 5"}, {"at": b"text 5"}),
        ({"a": b"text 1", "b": b"text 2"}, {"a": b"text 1\nb=6:text 2"}),
        ({"a": b"text 12", "b": b"text 3"}, {"a": b"text 1", "b": b"text 23"}),
        ({"actor_id": b"text x"}, {"subject_id": b"text x"}),
    ],
)
def test_rows_that_differ_in_one_byte_have_different_hashes(one: Stored, other: Stored) -> None:
    assert seals.entry_hash(one) != seals.entry_hash(other)


def test_a_changed_entry_is_named_and_nothing_else() -> None:
    links = chain()
    links[2] = Link(links[2].seal, entry(3, action=stored("session.eat")))
    assert found(links) == [("entry_changed", "3")]


def test_a_missing_entry_is_named_and_nothing_else() -> None:
    links = chain()
    links[1] = Link(links[1].seal, None)
    assert found(links) == [("entry_missing", "2")]


@pytest.mark.parametrize("column", ["sealed_at", "entry_hash", "entry_id", "hash"])
def test_a_changed_seal_is_named_and_its_neighbours_are_not(column: str) -> None:
    links = chain()
    changed = stored(1) if column == "sealed_at" else stored("f" * 64)
    links[2] = with_seal(links[2], **{column: changed})
    assert found(links) == [("seal_changed", "3")]


def test_seals_that_are_gone_are_named_by_their_numbers() -> None:
    links = chain(7)
    assert found(links[:2] + links[5:]) == [("seal_missing", "3")]
    walk = Chain()
    [finding] = [finding for at in links[:2] + links[5:] for finding in walk.follow(at)]
    assert finding.message == "Seals 3 to 5 are missing."


def test_a_chain_that_lost_its_beginning_is_not_whole() -> None:
    assert found(chain()[1:]) == [("seal_missing", "1")]


def test_two_seals_that_trade_places_are_found() -> None:
    links = chain()
    third, fourth = links[2], links[3]
    links[2] = with_seal(fourth, number=stored(3))
    links[3] = with_seal(third, number=stored(4))
    assert ("seal_changed", "3") in found(links)
    assert ("seal_changed", "4") in found(links)


def test_a_number_that_stands_twice_is_found() -> None:
    links = chain()
    assert found(links[:3] + links[2:]) == [("seal_doubled", "3")]


@pytest.mark.parametrize("number", [b"integer 0", b"integer -3", b"text 3", b"real 3.0"])
def test_a_number_that_is_none_is_found(number: bytes) -> None:
    assert ("seal_changed", seals.shown(number)) in found([with_seal(chain()[0], number=number)])


def test_an_entry_of_another_operator_does_not_belong_into_a_chain() -> None:
    sealed = entry(1, operator_id=stored(UUID(int=7)))
    seal = {**chain()[0].seal, "entry_hash": stored(seals.entry_hash(sealed))}
    seal["hash"] = stored(seals.seal_hash(seals.FIRST, seal))
    assert found([Link(seal, sealed)]) == [("entry_changed", "1")]


def test_values_are_shown_as_people_write_them() -> None:
    assert seals.shown(stored(OPERATOR)) == str(OPERATOR)
    assert seals.shown(b"integer 7") == "7"
    assert seals.shown(b"text \xff") == "\\xff"
    assert seals.shown(None) is None
