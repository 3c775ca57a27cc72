"""Boxes of a map: read strictly, right across the antimeridian, and drawn tightly around what was found."""

import pytest

from app.domain import map_boxes
from app.domain.map_boxes import LngLat, extent, parse
from app.domain.positions import Box


def test_a_box_is_read_in_the_order_of_geojson() -> None:
    assert parse("-106.4,39.6,-106.3,39.7") == Box(south=39.6, north=39.7, spans=((-106.4, -106.3),))


def test_a_west_beyond_the_east_goes_across_the_antimeridian() -> None:
    assert parse("177,-20,-178,-16").spans == ((177.0, 180.0), (-180.0, -178.0))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("-180,-90,180,90", ((-180.0, 180.0),)),
        ("170,0,180,1", ((170.0, 180.0), (-180.0, -180.0))),
        ("-180,0,-170,1", ((180.0, 180.0), (-180.0, -170.0))),
        ("180,0,180,0", ((180.0, 180.0), (-180.0, -180.0))),
        ("180,0,-180,0", ((180.0, 180.0), (-180.0, -180.0))),
        ("0,0,0,0", ((0.0, 0.0),)),
    ],
)
def test_the_antimeridian_is_one_line_however_it_is_written(text: str, spans: tuple[LngLat, ...]) -> None:
    assert parse(text).spans == spans


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1,2,3", "four numbers"),
        ("1,2,3,4,5", "four numbers"),
        ("", "four numbers"),
        ("x,2,3,4", "west that is not a number"),
        ("1,,3,4", "south that is not a number"),
        ("1,2,3,nan", "north outside -90 to 90"),
        ("1,2,inf,4", "east outside -180 to 180"),
        ("-180.1,2,3,4", "west outside"),
        ("1,-90.1,3,4", "south outside"),
        ("1,2,180.1,4", "east outside"),
        ("1,2,3,90.1", "north outside"),
        ("1,4,3,2", "south north of its north"),
    ],
)
def test_what_is_no_box_is_told_in_words(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse(text)


@pytest.mark.parametrize(
    ("bbox", "positions", "expected"),
    [
        ("-180,-90,180,90", [(3.0, 50.0), (7.0, 53.0)], [3.0, 50.0, 7.0, 53.0]),
        ("-180,-90,180,90", [(3.0, 50.0)], [3.0, 50.0, 3.0, 50.0]),
        ("177,-20,-178,-16", [(178.4, -18.1), (-179.9, -17.0)], [178.4, -18.1, -179.9, -17.0]),
        ("177,-20,-178,-16", [(178.4, -18.1), (177.2, -17.6)], [177.2, -18.1, 178.4, -17.6]),
        ("177,-20,-178,-16", [(-179.9, -17.0), (-178.5, -16.0)], [-179.9, -17.0, -178.5, -16.0]),
    ],
)
def test_the_extent_is_the_smallest_box_around_what_was_found(
    bbox: str, positions: list[LngLat], expected: list[float]
) -> None:
    assert extent(positions, parse(bbox)) == expected


def test_nothing_has_no_extent() -> None:
    assert extent([], map_boxes.WHOLE_WORLD) is None
