"""Keys have one form, carry a checksum, and never reach a log."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import api_keys
from app.domain.callers import ProjectKind

KEY = api_keys.make("live")


@pytest.mark.parametrize(("kind", "prefix"), [("live", "pk_live_"), ("sandbox", "pk_test_")])
def test_a_key_says_which_kind_of_project_it_opens(kind: ProjectKind, prefix: str) -> None:
    key = api_keys.make(kind)
    assert re.fullmatch(api_keys.PATTERN, key)
    assert key.startswith(prefix)
    assert api_keys.is_well_formed(key)
    assert api_keys.kind_of(key) == kind


def test_no_two_keys_are_the_same() -> None:
    assert len({api_keys.make("live") for _ in range(1000)}) == 1000


def test_the_checksum_is_the_one_published() -> None:
    """Clients and scanners may compute it, so it may never change."""
    assert api_keys.is_well_formed("pk_test_" + "A" * 26 + "1PRWZ0")


@given(position=st.integers(min_value=8, max_value=39), symbol=st.sampled_from("aZ09xQ"))
def test_a_single_wrong_symbol_is_noticed(position: int, symbol: str) -> None:
    typed = KEY[:position] + symbol + KEY[position + 1 :]
    assert api_keys.is_well_formed(typed) == (typed == KEY)


def test_a_live_key_does_not_become_a_test_key() -> None:
    assert not api_keys.is_well_formed(KEY.replace("live", "test"))


OTHERS = {
    "nothing": "",
    "a prefix": "pk_live_",
    "one too short": KEY[:-1],
    "one too long": KEY + "a",
    "a line's end": KEY + "\n",
    "a space before": " " + KEY,
    "capitals": KEY.upper(),
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_other_texts_are_not_keys(text: str) -> None:
    assert not api_keys.is_well_formed(text)


def test_only_a_hash_and_four_characters_are_kept() -> None:
    assert api_keys.hash_of(KEY) == sha256(KEY.encode()).hexdigest()
    assert api_keys.last_four(KEY) == KEY[-4:]


@pytest.mark.parametrize("around", ["{}", "Bearer {}", "key={}&x=1", "'{}'", "x{}.", '{{"api_key":"{}"}}'])
def test_a_key_is_blotted_out_wherever_it_stands(around: str) -> None:
    redacted = api_keys.redact(around.format(KEY))
    assert redacted == around.format("pk_live_[redacted]")


DAMAGED = {
    "a beginning": KEY[:20],
    "with more behind": KEY + "more",
    "in capitals": KEY.upper(),
    "quoted": KEY.replace("_", "%5F"),
}
OF_THE_PROCESSOR = {
    "live": "sk_live_51Habc",
    "restricted": "rk_test_51Habc",
    "of webhooks": "whsec_MfKQ9r8GKYqrTwjU",
    "of a client": "pi_3MtwBwLkd_secret_YrKJUKri",
}
SECRETS = DAMAGED | OF_THE_PROCESSOR


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_damaged_keys_and_the_processors_secrets_are_blotted_out_too(secret: str) -> None:
    redacted = api_keys.redact(f"before {secret} after")
    assert secret[-6:] not in redacted
    assert redacted.endswith("[redacted] after")


def test_what_is_not_secret_stays_readable() -> None:
    line = "POST /api/v1/sessions pi_3MtwBwLkd req_0123 sess_abc123 pk_live 201"
    assert api_keys.redact(line) == line
