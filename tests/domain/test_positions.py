"""Distances and boxes are right everywhere on the globe."""

import math
from math import acos, cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import positions
from app.domain.positions import Box, box_around, chord2_of, distance_km, rings, unit_vector, walking_minutes

VAIL = (39.6403, -106.3742)
latitudes = st.floats(min_value=-90, max_value=90)
longitudes = st.floats(min_value=-180, max_value=180)
radii = st.floats(min_value=0.01, max_value=50)
bearings = st.floats(min_value=0, max_value=360)


def between(one: tuple[float, float], other: tuple[float, float]) -> float:
    return distance_km(unit_vector(*one).chord2_to(unit_vector(*other)))


def holds(box: Box, lat: float, lng: float) -> bool:
    in_span = any(west <= lng <= east for west, east in box.spans)
    return box.south <= lat <= box.north and in_span and positions.band_of(lat) in box.bands


def law_of_cosines(one: tuple[float, float], other: tuple[float, float]) -> float:
    a, b = radians(one[0]), radians(other[0])
    cosine = sin(a) * sin(b) + cos(a) * cos(b) * cos(radians(one[1] - other[1]))
    return positions.EARTH_RADIUS_KM * acos(cosine)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (VAIL, (39.7392, -104.9903), 118.9),
        ((52.3676, 4.9041), (51.9244, 4.4777), 57.2),
        ((0, 179.99), (0, -179.99), 2.224),
        ((89.99, 0), (89.99, 180), 2.224),
        ((0, 0), (0, 180), 20015.1),
        (VAIL, VAIL, 0.0),
    ],
)
def test_known_distances_come_out(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert between(one, other) == pytest.approx(km, abs=0.06)


@given(lat=latitudes, lng=longitudes, other_lat=latitudes, other_lng=longitudes)
def test_distances_agree_with_the_law_of_cosines(
    lat: float, lng: float, other_lat: float, other_lng: float
) -> None:
    one, other = (lat, lng), (other_lat, other_lng)
    if 1 < between(one, other) < 20_000:
        assert between(one, other) == pytest.approx(law_of_cosines(one, other), rel=1e-4)


@given(km=st.floats(min_value=0.001, max_value=20_000))
def test_a_chord_and_its_distance_turn_into_each_other(km: float) -> None:
    assert distance_km(chord2_of(km)) == pytest.approx(km, rel=1e-6)


def test_no_chord_is_longer_than_the_world() -> None:
    assert chord2_of(1e9) == pytest.approx(4)
    assert distance_km(4.000001) == pytest.approx(20015.1, abs=0.1)


@given(lat=latitudes, lng=longitudes, radius=radii, bearing=bearings, part=st.floats(0, 1))
def test_a_box_holds_every_point_of_its_circle(
    lat: float, lng: float, radius: float, bearing: float, part: float
) -> None:
    there = travel(lat, lng, bearing=bearing, km=radius * part)
    assert holds(box_around(lat, lng, radius_km=radius), *there)


def travel(lat: float, lng: float, *, bearing: float, km: float) -> tuple[float, float]:
    """Go `km` along a great circle, in vectors, so that no formula of the code under test is used."""
    phi, theta, course = radians(lat), radians(lng), radians(bearing)
    angle = km / positions.EARTH_RADIUS_KM
    here = (cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi))
    north = (-sin(phi) * cos(theta), -sin(phi) * sin(theta), cos(phi))
    east = (-sin(theta), cos(theta), 0.0)
    x, y, z = (
        h * cos(angle) + (n * cos(course) + e * sin(course)) * sin(angle)
        for h, n, e in zip(here, north, east, strict=True)
    )
    from_pole = math.hypot(x, y)
    return math.degrees(math.atan2(z, from_pole)), math.degrees(math.atan2(y, x))


def test_a_box_on_the_antimeridian_has_two_spans() -> None:
    for lng in (179.999, -179.999, 180.0, -180.0):
        box = box_around(-17.0, lng, radius_km=2)
        assert len(box.spans) == 2
        assert holds(box, -17.0, 179.9995)
        assert holds(box, -17.0, -179.9995)
        assert not holds(box, -17.0, 0.0)


@pytest.mark.parametrize("lat", [90.0, 89.999, -89.999, -90.0])
def test_a_box_over_a_pole_goes_all_the_way_round(lat: float) -> None:
    box = box_around(lat, 12.0, radius_km=1)
    assert box.spans == ((-180.0, 180.0),)
    assert -90 <= box.south <= box.north <= 90


def test_a_box_is_hardly_larger_than_its_circle() -> None:
    box = box_around(*VAIL, radius_km=1.5)
    ((west, east),) = box.spans
    assert between((box.south, VAIL[1]), (box.north, VAIL[1])) == pytest.approx(3.0, rel=1e-4)
    assert between((VAIL[0], west), (VAIL[0], east)) == pytest.approx(3.0, rel=1e-4)
    assert len(box.bands) == 2


def test_bands_count_from_the_equator_in_fiftieths_of_a_degree() -> None:
    assert [positions.band_of(lat) for lat in (-90, -0.001, 0, 0.0199, 0.02, 39.6403, 90)] == [
        -4500,
        -1,
        0,
        0,
        1,
        1982,
        4500,
    ]


@pytest.mark.parametrize(
    ("radius", "steps"),
    [(0.3, [0.3]), (0.4, [0.4]), (1.5, [0.4, 1.2, 1.5]), (50, [0.4, 1.2, 3.6, 10.8, 32.4, 50])],
)
def test_rings_widen_by_three_up_to_the_asked_radius(radius: float, steps: list[float]) -> None:
    assert [ring.radius_km for ring in rings(*VAIL, radius_km=radius)] == pytest.approx(steps)


def test_a_ring_carries_its_circle_and_its_box() -> None:
    last = list(rings(*VAIL, radius_km=2))[-1]
    assert last.chord2 == chord2_of(2)
    assert last.box == box_around(*VAIL, radius_km=2)


@pytest.mark.parametrize(
    ("km", "minutes"), [(0, 0), (0.001, 1), (0.0615, 1), (0.0616, 2), (0.8, 13), (1.6, 26), (1.601, 27)]
)
def test_walking_takes_a_detour_and_is_rounded_up(km: float, minutes: int) -> None:
    assert walking_minutes(km) == minutes
