"""How pages are shown."""

from app.presenters import pages
from app.presenters.pages import Page


def test_the_last_page_has_no_cursor() -> None:
    assert pages.present(Page([1, 2]), lambda entry: {"n": entry}) == {"data": [{"n": 1}, {"n": 2}]}
    assert pages.present(Page([1], next_cursor="c"), lambda entry: {"n": entry})["next_cursor"] == "c"
