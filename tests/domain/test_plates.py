"""Two ways of writing one plate are one plate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import plates


@pytest.mark.parametrize(
    "written",
    ["CO-7891", "co 7891", " CO.7891 ", "C O - 7 8 9 1", "CO\u20117891", "CO–7891", "CO·7891", "\uff23O7891"],
)
def test_spaces_hyphens_dots_and_case_do_not_matter(written: str) -> None:
    assert plates.normalise(written) == "CO7891"
    assert plates.is_plate(written)


@pytest.mark.parametrize("written", ["1", "B-MW 1234E", "ÖHR-AB 12", "А123ВС777", "京A12345", "16-XXX-7"])
def test_plates_of_the_world_are_plates(written: str) -> None:
    assert plates.is_plate(written)


@pytest.mark.parametrize("written", ["", " ", "-.-", "CO_7891", "CO/7891", "A" * 17, "'; DROP", "🚗1"])
def test_other_texts_are_not_plates(written: str) -> None:
    assert not plates.is_plate(written)


@given(text=st.text(max_size=20))
def test_a_plate_in_its_one_form_stays_as_it_is(text: str) -> None:
    if plates.is_plate(text):
        assert plates.normalise(plates.normalise(text)) == plates.normalise(text)
