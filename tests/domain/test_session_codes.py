"""Session codes can be read out and typed in."""

import re

import pytest

from app.domain import session_codes


def test_a_made_code_has_the_published_form() -> None:
    codes = {session_codes.make() for _ in range(1000)}
    assert len(codes) > 990
    assert all(re.fullmatch(session_codes.PATTERN, code) for code in codes)
    assert all(session_codes.is_session_code(code) for code in codes)


def test_every_symbol_is_used_and_none_that_looks_like_another() -> None:
    used = set("".join(session_codes.make().removeprefix("sess_") for _ in range(1000)))
    assert used == set("abcdefghjkmnpqrstuvwxyz123456789")
    assert not used & set("ilo0")


def test_the_code_of_the_transcript_is_one() -> None:
    assert session_codes.is_session_code("sess_abc123")


MISREAD = ["sess_abc120", "sess_aBc123", "sess_abl123"]


@pytest.mark.parametrize("text", ["", "abc123", "sess_abc12", "sess_abc1234", "sess_abc123\n", *MISREAD])
def test_other_texts_are_not_codes(text: str) -> None:
    assert not session_codes.is_session_code(text)
