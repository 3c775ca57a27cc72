"""Find lots: nearest to a position, best matching words, within a box, or the one of an id.

Positions are searched in rings, one statement each: near lots come out of a covering index without touching
far ones, and a wider ring is asked only if the narrower gave too few.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice, repeat, takewhile
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select

from app.domain import clock, positions
from app.domain.errors import BadRequest, NotFound
from app.domain.positions import Box, Ring
from app.queries import Read, Row
from app.services import lot_spacing, lot_statements, opening_hours
from app.services.projects import MICROSECOND

Found = Row
"""A lot's columns with its counter's `free` and `counted_at` and its world's `clock_offset`; with `chord2` or
`score` where it was found by position or by words, with its details and the counter's `source` where by its
id."""

Values = dict[str, Any]

MOST_WORDS = 8
"""Words of an address that are looked for; the first ones say the most."""
SHORTEST_PART = 3
"""ASCII words shorter than this are found whole only: `CO` is not the start of `Covered`."""

_PAGE = 200
"""Lots looked at in one go where the database can't tell which of them are open."""
_PAGE_GROWS = 4
"""Times that a page is longer than the one before: each sorts all lots anew, and a city closes at night."""
_FROM_HERE = attrgetter("chord2", "id")
_BEFORE_ALL = (-1.0, UUID(int=0))
_LAST_ID = UUID(int=2**128 - 1)


_STRIPS = (8, 32, 128, 512)
"""Bands of latitude that are read at once for a map: 18 km at first, 1,100 km at most."""


class _Seen(NamedTuple):
    """The place of a lot in the order of maps."""

    band: int
    lng: float
    id: UUID


_BEFORE_THE_WORLD = _Seen(positions.band_of(-90) - 1, 0.0, UUID(int=0))


class Filters(NamedTuple):
    """What a lot must offer to be found; by default nothing is asked for."""

    open_now: bool = False
    available_now: bool = False
    type: str | None = None
    ev_charging: bool = False
    accessible: bool = False
    vehicle_height_cm: int | None = None

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return the filters that are asked for."""
        return {name: value for name, value in zip(self._fields, self, strict=True) if value}


NO_FILTERS = Filters()


def near(
    read: Read,
    world_id: UUID,
    position: tuple[float, float],
    *,
    radius_km: float,
    limit: int,
    filters: Filters = NO_FILTERS,
) -> list[Found]:
    """Find the lots within a radius, nearest first."""
    asked = frozenset(filters.asked)
    vector = positions.unit_vector(*position)
    values = {"world_id": world_id, "x": vector.x, "y": vector.y, "z": vector.z, **_common(limit, filters)}
    around = lot_spacing.neighbourhood(world_id, *position, asked)
    reach_km = lot_spacing.reach_km(around, limit)
    rings = positions.rings(*position, radius_km=radius_km, first_km=reach_km)
    widening = chain.from_iterable(_widening(read, rings, values, asked=asked))
    found = list(islice(_fitting(widening, filters), limit))
    looked_km = positions.distance_km(found[-1].chord2) if len(found) == limit else radius_km
    lot_spacing.note(around, len(found), looked_km=looked_km)
    return found


def matching(
    read: Read,
    world_id: UUID,
    words: Sequence[str],
    *,
    limit: int,
    filters: Filters = NO_FILTERS,
) -> list[Found]:
    """Find the lots whose name, address and city hold the words, best match first, then by name.

    A lot that matches less than half as well as the best is not what was meant, and is left out.
    """
    sought = tuple(dict.fromkeys(words))[:MOST_WORDS]
    if not sought:
        return []
    values = {"world_id": world_id} | _patterns(sought) | _common(limit, filters)
    statement = lot_statements.best(read.dialect, len(sought), frozenset(filters.asked))
    found = list(islice(_fitting(_page_by_page(read, statement, values), filters), limit))
    return list(takewhile(lambda lot: lot.score * 2 >= found[0].score, found))


def within(read: Read, world_id: UUID, box: Box, *, size: int, after: UUID | None = None) -> list[Found]:
    """Find the next lots in a box after a lot of this world, by band of latitude, longitude and id.

    Goes up from strip to strip, each of more bands than the one before: so a page of a crowded country is
    sorted from a few bands, and one of an empty ocean takes few statements. Raise BadRequest for an unknown
    lot.
    """
    seen = _BEFORE_THE_WORLD if after is None else _place_of(read, world_id, after)
    values = {"world_id": world_id, "seen_band": seen.band, "seen_lng": seen.lng, "seen_id": seen.id}
    values |= {"south": _height(box.south), "north": _height(box.north)} | _spans(box)
    found: list[Found] = []
    for strip in _strips(box.bands, first=seen.band):
        statement = lot_statements.within(read.dialect, len(box.spans), len(strip))
        found += read(statement, values | _bands(strip) | {"size": size - len(found)})
        if len(found) == size:
            break
    return found


def one(read: Read, world_id: UUID, lot_id: UUID, *, with_owner: bool = False) -> Found:
    """Find the lot of an id; raise NotFound where there is none in this world or it was deleted.

    On demand with its operator's `operator_id` and `connected_account`.
    """
    statement = lot_statements.one_with_owner() if with_owner else lot_statements.one()
    found = read(statement, {"world_id": world_id, "lot_id": lot_id})
    if not found:
        raise no_such_lot()
    return found[0]


def no_such_lot() -> NotFound:
    """Say that a lot does not exist, was deleted, or belongs to another world: no caller can tell which."""
    return NotFound("There is no lot with this id.")


def now_at(found: Found) -> datetime:
    """Return what time it is in the world of a lot."""
    return clock.now() + (found.clock_offset or 0) * MICROSECOND


def open_now(found: Found) -> bool | None:
    """Tell whether a lot is open; None where its hours are not known."""
    return open_at(found, now_at(found))


def open_at(found: Found, at: datetime) -> bool | None:
    """Tell whether a lot is open at an instant; None where its hours are not known."""
    return opening_hours.is_open(found.opening_hours, found.time_zone, at, country=found.country)


def _common(limit: int, filters: Filters) -> Values:
    size = max(limit, _PAGE) if filters.open_now else limit
    return {"size": size, **filters.asked}


def _fitting(found: Iterable[Found], filters: Filters) -> Iterable[Found]:
    return filter(open_now, found) if filters.open_now else found


def _widening(
    read: Read, rings: Iterable[Ring], values: Values, *, asked: frozenset[str]
) -> Iterator[Iterator[Found]]:
    """Give, ring by ring, the lots that the rings within it did not hold."""
    seen = _BEFORE_ALL
    for ring in rings:
        box = ring.box
        statement = lot_statements.nearest(read.dialect, len(box.spans), len(box.bands), asked)
        yield _farther_and_farther(read, statement, values | _edges(ring), seen)
        seen = (ring.chord2, _LAST_ID)


def _edges(ring: Ring) -> Values:
    return {"chord2": ring.chord2} | _bands(ring.box.bands) | _spans(ring.box)


def _bands(bands: Iterable[int]) -> Values:
    return {f"band_{number}": band for number, band in enumerate(bands)}


def _spans(box: Box) -> Values:
    spans: Values = {}
    for number, (west, east) in enumerate(box.spans):
        spans |= {f"west_{number}": west, f"east_{number}": east}
    return spans


def _height(lat: float) -> float:
    """Return how far north a parallel lies as the index has it: unlike degrees, `z` stands in there."""
    return positions.unit_vector(lat, 0.0).z


def _strips(bands: range, *, first: int) -> Iterator[Sequence[int]]:
    """Cut bands into strips of the known heights, from the first band that may hold something new.

    Where fewer are left than a strip is high, its last band is named again, which changes nothing.
    """
    left = range(max(bands.start, first), bands.stop)
    for height in chain(_STRIPS, repeat(_STRIPS[-1])):
        if not left:
            return
        strip = left[:height]
        fitting = next(each for each in _STRIPS if each >= len(strip))
        yield [*strip, *repeat(strip[-1], fitting - len(strip))]
        left = left[height:]


def _place_of(read: Read, world_id: UUID, lot_id: UUID) -> "_Seen":
    """Tell where a page ended; a lot may have been deleted since it was shown."""
    places = read(lot_statements.place(), {"world_id": world_id, "lot_id": lot_id})
    if not places:
        raise BadRequest.of("cursor", "is not the next_cursor of a page")
    return _Seen(*places[0])


def _farther_and_farther(
    read: Read, statement: Select[Any], values: Values, seen: tuple[float, UUID]
) -> Iterator[Found]:
    size = values["size"]
    while True:
        page = read(statement, values | {"size": size, "seen_chord2": seen[0], "seen_id": seen[1]})
        page.sort(key=_FROM_HERE)
        yield from page
        if len(page) < size:
            return
        seen = page[-1].chord2, page[-1].id
        size *= _PAGE_GROWS


def _patterns(words: Sequence[str]) -> Values:
    patterns: Values = {}
    for number, word in enumerate(words):
        whole = f"% {word} %"
        short = word.isascii() and len(word) < SHORTEST_PART
        patterns[f"whole_{number}"] = whole
        patterns[f"start_{number}"] = whole if short else f"% {word}%"
        patterns[f"part_{number}"] = whole if short else f"%{word}%"
    return patterns


def _page_by_page(read: Read, statement: Select[Any], values: Values) -> Iterator[Found]:
    start, size = 0, values["size"]
    while True:
        page = read(statement, values | {"size": size, "start": start})
        yield from page
        if len(page) < size:
            return
        start += size
        size *= _PAGE_GROWS
