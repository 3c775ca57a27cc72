"""A cursor leads to the next page, and a forged one nowhere."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cursors import LENGTH, Cursor, decode, encode
from app.domain.errors import BadRequest

CURSOR = Cursor(at=datetime(2026, 11, 22, 18, 30, 0, 123_456, tzinfo=UTC), id=UUID(int=7))

microseconds = st.integers(min_value=0, max_value=10**8 * 10**6)
instants = microseconds.map(lambda passed: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=passed))


def refused(text: str) -> bool:
    with pytest.raises(BadRequest) as refusal:
        decode(text)
    return [detail.field for detail in refusal.value.details] == ["cursor"]


@given(at=instants, row=st.uuids())
def test_a_cursor_survives_the_way_there_and_back(at: datetime, row: UUID) -> None:
    text = encode(Cursor(at=at, id=row))
    assert decode(text) == Cursor(at=at, id=row)
    assert re.fullmatch(rf"[A-Za-z0-9_-]{{{LENGTH}}}", text)


@given(text=st.text(max_size=50))
def test_other_texts_are_refused_naming_the_field(text: str) -> None:
    assert refused(text)


@given(position=st.integers(min_value=0, max_value=LENGTH - 1), symbol=st.sampled_from("AQgw_-9z"))
def test_a_cursor_with_a_changed_symbol_is_refused(position: int, symbol: str) -> None:
    text = encode(CURSOR)
    changed = text[:position] + symbol + text[position + 1 :]
    assert changed == text or refused(changed)


@pytest.mark.parametrize("ornament", ["{}=", "{}\n", " {}", "{}====", "{}AAAA"])
def test_a_cursor_with_something_around_it_is_refused(ornament: str) -> None:
    assert refused(ornament.format(encode(CURSOR)))


@pytest.mark.parametrize("microseconds", [0, 2**63, 2**64 - 1, -1 % 2**64, 5_000_000_000_000_000])
def test_a_well_forged_cursor_outside_our_century_is_refused(microseconds: int) -> None:
    place = microseconds.to_bytes(8, "big") + bytes(16)
    assert refused(urlsafe_b64encode(crc32(place).to_bytes(4, "big")[-3:] + place).decode())
