"""Addresses are compared in one form and refused when they cannot be one."""

import pytest

from app.domain import emails


def test_case_and_outer_spaces_do_not_matter() -> None:
    assert emails.normalise("  Driver@Example.COM ") == "driver@example.com"


@pytest.mark.parametrize(
    "email",
    [
        "a@b.co",
        "driver+vail@example.com",
        "o'brien@mail.example.org",
        "jörg@bücher.example",
        "x_y@a-b.example",
        "x" * 65 + "@example.com",  # RFC 5321 stops at 64, which the contract's pattern cannot say
    ],
)
def test_addresses_are_accepted(email: str) -> None:
    assert emails.is_email(email)


INCOMPLETE = ["", "driver", "driver@", "@example.com", "driver@example", "a@-example.com"]
TWICE = [
    "a@@example.com",
    "a@example..com",
    "a..b@example.com",
    "a@example.com\nBcc: x@y.zz",
    "a,b@example.com",
]
STRANGE = ["a b@example.com", "a@exa mple.com", "<a@example.com>"]
TOO_LONG = ["x" * 254 + "@example.com", "a@" + ".".join(["b" * 60] * 5), "a@" + "b" * 64 + ".com"]


@pytest.mark.parametrize("text", INCOMPLETE + TWICE + STRANGE + TOO_LONG)
def test_other_texts_are_refused(text: str) -> None:
    assert not emails.is_email(text)
