"""Stretches of time in a driver's words."""

from datetime import timedelta

import pytest

from app.presenters.spans import more_time, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (29, "0 min"), (30, "1 min"), (2_016, "34 min"), (3_599, "1 h"), (14_472, "4 h 1 min")],
)
def test_a_stretch_of_time_is_told_to_the_minute(seconds: int, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(30, "30 more minutes"), (60, "One more hour"), (120, "2 more hours"), (150, "2 h 30 min more")],
)
def test_more_time_begins_a_sentence(minutes: int, said: str) -> None:
    assert more_time(timedelta(minutes=minutes)) == said
