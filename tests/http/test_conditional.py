"""An answer whose bytes a caller has already is not sent again."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.http.conditional import tagged
from app.http.wsgi import WholeAnswer
from tests.http.conftest import generous
from tests.http.site import Site, bearer, site

MAP = "/api/v1/lots.geojson"
COLLECTION = {"type": "FeatureCollection", "features": []}
FRESH = {"Cache-Control": "public, max-age=60", "Vary": "Authorization"}


def show(bbox: str = "-180,-90,180,90") -> tuple[dict[str, Any], int, dict[str, str]]:
    """Show a map that tells its box."""
    return COLLECTION | {"box": bbox}, 200, FRESH


@pytest.fixture(scope="module")
def mapped() -> Iterator[Site]:
    with site(handlers={"listLotsGeoJson": show}, settings=generous()) as made:
        yield made


def etag(mapped: Site, target: str = MAP) -> str:
    return mapped.get(target)["ETag"]


def test_it_is_geojson_with_a_strong_tag_over_its_bytes(mapped: Site) -> None:
    answer = mapped.get(MAP)
    assert (answer.status, answer["Content-Type"]) == (200, "application/geo+json")
    assert etag(mapped) == answer["ETag"]
    assert etag(mapped, f"{MAP}?bbox=1,2,3,4") != answer["ETag"]
    assert answer["ETag"].startswith('"')


@pytest.mark.parametrize(
    "sent", ["{}", "W/{}", '"other", {}', '"other" , W/{} , "more"', "*"], ids=lambda text: text
)
def test_whoever_has_the_bytes_is_told_that_they_hold(mapped: Site, sent: str) -> None:
    answer = mapped.get(MAP, {"If-None-Match": sent.format(etag(mapped))})
    assert (answer.status, answer.body) == (304, b"")
    assert answer["ETag"] == etag(mapped)
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Vary"] == "Authorization"
    assert "X-Request-Id" in answer
    assert "X-RateLimit-Remaining" in answer
    assert "Content-Type" not in answer
    assert "Content-Length" not in answer


def test_tags_may_come_in_several_lines_which_are_one_list(mapped: Site) -> None:
    lines = [
        ("If-None-Match", '"other"'),
        ("If-None-Match", etag(mapped)),
        ("if-none-match", '"more"'),
        ("If-None-Match", ""),
    ]
    assert mapped.get(MAP, lines).status == 304
    assert mapped.get(MAP, lines[::2]).status == 200
    far_too_many = [("If-None-Match", '"other"')] * 200
    refusal = mapped.get(MAP, far_too_many)
    assert (refusal.status, refusal.fields) == (400, ["If-None-Match"])


@pytest.mark.parametrize("sent", ['"other"', "nonsense", '"*"', "**", '"" , ""'])
def test_whoever_has_others_gets_these(mapped: Site, sent: str) -> None:
    assert mapped.get(MAP, {"If-None-Match": sent}).status == 200


def test_a_head_is_told_the_same_without_the_body(mapped: Site) -> None:
    whole, head = mapped.get(MAP), mapped.send("HEAD", MAP)
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head[name] == whole[name]
    assert mapped.send("HEAD", MAP, {"If-None-Match": whole["ETag"]}).status == 304


def test_a_304_is_paid_for_like_any_answer(mapped: Site) -> None:
    first = mapped.get(MAP, bearer())
    again = mapped.get(MAP, {**bearer(), "If-None-Match": first["ETag"]})
    assert int(again["X-RateLimit-Remaining"]) < int(first["X-RateLimit-Limit"])
    assert again["X-RateLimit-Limit"] == first["X-RateLimit-Limit"]


def test_scripts_of_other_sites_may_read_a_map_its_tag_and_its_next_page(mapped: Site) -> None:
    for headers in ({}, {"If-None-Match": etag(mapped)}):
        answer = mapped.get(MAP, {"Origin": "https://map.example", **headers})
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert {"ETag", "Link"} <= set(answer["Access-Control-Expose-Headers"].split(", "))


def test_accept_is_held_against_geojson(mapped: Site) -> None:
    for accept in ("application/geo+json", "application/*", "*/*"):
        assert mapped.get(MAP, {"Accept": accept}).status == 200
    refusal = mapped.get(MAP, {"Accept": "text/html"})
    assert (refusal.status, refusal["Content-Type"]) == (406, "application/json")


def test_refusals_carry_no_tag_and_are_not_kept(mapped: Site) -> None:
    refusal = mapped.get(f"{MAP}?bbox=north", {"If-None-Match": "*"})
    assert (refusal.status, refusal.fields) == (400, ["bbox"])
    assert "ETag" not in refusal
    assert refusal["Cache-Control"] == "no-store"


def test_only_what_succeeded_is_tagged() -> None:
    moved = WholeAnswer(202, [(b"content-type", b"application/json")], b"{}")
    assert tagged(moved, "*") is moved
