"""People find what they mean, whatever the keyboard had."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Café L'Été, 2nd floor", ("cafe", "l", "ete", "2nd", "floor")),
        ("Parkhaus Ostbahnhof-Süd", ("parkhaus", "ostbahnhof", "sud")),
        ("STRASSE Straße", ("strasse", "strasse")),
        ("København Łódź Œuvre", ("kobenhavn", "lodz", "oeuvre")),
        ("𝐕ail ﬁrst", ("vail", "first")),
        ("P+R Den_Haag", ("p", "r", "den", "haag")),
        ("東京 駐車場", ("東京", "駐車場")),
        (" -- !!! ", ()),
    ],
)
def test_words_lose_their_capitals_and_accents(text: str, found: tuple[str, ...]) -> None:
    assert words.words_of(text) == found


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    once = words.words_of(text)
    assert words.words_of(" ".join(once)) == once


def test_what_is_not_known_leaves_no_gap() -> None:
    assert words.folded("Garage Citadel", None, "Assen") == " garage citadel assen "


@given(st.text(max_size=2_000))
def test_a_folded_text_fits_its_column(text: str) -> None:
    assert len(words.folded(text, text)) <= words.LONGEST_TEXT


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Vail Village Lifthouse Lot", "vail-village-lifthouse-lot"),
        ("P+R Station Delfzijl-West", "p-r-station-delfzijl-west"),
        ("Straße 9 & Café", "strasse-9-cafe"),
        ("駐車場", "lot"),
        ("!", "lot"),
    ],
)
def test_a_slug_reads_like_the_name(name: str, slug: str) -> None:
    assert words.slug(name) == slug


@given(st.text(max_size=400))
def test_a_slug_has_the_form_that_the_contract_asks_for(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", words.slug(name))
    assert len(words.slug(name)) <= 220
