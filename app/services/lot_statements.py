"""The statements that find lots: built once for each shape of search, then only bound to values.

Portable but for three spots: `_beside`, where PostgreSQL has to be kept from a hash join, `_by_name`, where
it has to be told to sort as SQLite does, and `_key`, by which SQLite looks rows up faster than by their ids.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.models import Lot, LotAvailability, Operator, Project
from app.presenters.lots import AS_KEPT, LotDetails

WHOLE_WORD, START_OF_WORD, PART_OF_WORD = 3, 2, 1

MOST_SHAPES = 512
"""Shapes of a search that are kept ready: by filters, and by the bands of latitude that a ring touches."""

_lots = cast(NamedFromClause, Lot.__table__)
_counters: FromClause = LotAvailability.__table__
_operators: FromClause = Operator.__table__
_projects: FromClause = Project.__table__

_SHOWN = (*AS_KEPT, "updated_at", "tariff_id", "agent_access")
_COUNTED = ("free", "counted_at")

_CONDITIONS: Mapping[str, Callable[[FromClause], ColumnElement[bool]]] = {
    # Which of the known hours are open ones is asked of each lot found; no database reads that notation.
    "open_now": lambda lot: lot.c.opening_hours.is_not(None),
    "available_now": lambda lot: lot.c.free > 0,
    "type": lambda lot: lot.c.type == bindparam("type"),
    "ev_charging": lambda lot: lot.c.ev_charging_spaces > 0,
    "accessible": lambda lot: lot.c.accessible_spaces > 0,
    "vehicle_height_cm": lambda lot: or_(
        lot.c.max_height_cm.is_(None), lot.c.max_height_cm >= bindparam("vehicle_height_cm")
    ),
}


@cache
def one() -> Select[Any]:
    """Select the lot of `lot_id` in `world_id`."""
    standing = _lots.c.world_id == bindparam("world_id"), _lots.c.deleted_at.is_(None)
    return _facts().add_columns(_clock_offset()).where(_lots.c.id == bindparam("lot_id"), *standing)


@cache
def one_with_owner() -> Select[Any]:
    """Select that lot with its `operator_id` and the operator's `connected_account`."""
    account = select(_operators.c.connected_account).where(_operators.c.id == _lots.c.operator_id)
    return one().add_columns(_lots.c.operator_id, account.scalar_subquery().label("connected_account"))


@lru_cache(maxsize=MOST_SHAPES)
def nearest(dialect: str, spans: int, bands: int, asked: frozenset[str]) -> Select[Any]:
    """Select the next `size` lots of a ring after (`seen_chord2`, `seen_id`), in any order.

    Takes `x`, `y`, `z` of the position, `chord2` of the ring, `band_0` … and `west_0`, `east_0` … of its box.
    """
    boxes = [_in_box(dialect, span, bands) for span in range(spans)]
    box = (union_all(*boxes) if spans > 1 else boxes[0]).subquery("box")
    chord2, seen_chord2 = box.c.chord2, bindparam("seen_chord2", type_=Double)
    further = or_(chord2 > seen_chord2, and_(chord2 == seen_chord2, box.c.id > bindparam("seen_id")))
    in_ring = (
        select(box.c.id, box.c.key, chord2)
        .where(chord2 <= bindparam("chord2", type_=Double), further)
        .order_by(chord2, box.c.id)
    )
    candidates = _candidates(in_ring, asked)
    shown = _shown(dialect, candidates, asked).add_columns(candidates.c.chord2)
    if not asked:
        return shown  # no more than are wanted; sorting all their columns would take longer than finding them
    return shown.order_by(candidates.c.chord2, candidates.c.id).limit(bindparam("size"))


@cache
def best(dialect: str, words: int, asked: frozenset[str]) -> Select[Any]:
    """Select `size` lots from the `start`-th on that hold any of so many words, best match first.

    Takes the LIKE patterns `whole_0`, `start_0`, `part_0` … of the words.
    """
    lot = _lots.alias("lot")
    text = lot.c.search_text
    scores = [_score(text, number) for number in range(words)]
    score = sum(scores[1:], start=scores[0]).label("score")
    matching = (
        select(lot.c.id, _key(dialect, lot), text, score)
        .where(lot.c.world_id == bindparam("world_id"), lot.c.deleted_at.is_(None))
        .where(or_(*(text.like(bindparam(f"part_{number}")) for number in range(words))))
        .order_by(score.desc(), _by_name(dialect, text), lot.c.id)
    )
    candidates = _candidates(matching, asked)
    order = candidates.c.score.desc(), _by_name(dialect, candidates.c.search_text), candidates.c.id
    statement = _shown(dialect, candidates, asked).add_columns(candidates.c.score)
    return statement.order_by(*order).limit(bindparam("size")).offset(bindparam("start"))


@cache
def place() -> Select[Any]:
    """Select where the lot of `lot_id` in `world_id` stands in the order of maps, deleted or not."""
    here = _lots.c.id == bindparam("lot_id"), _lots.c.world_id == bindparam("world_id")
    return select(_lots.c.band, _lots.c.lng, _lots.c.id).where(*here)


@cache
def within(dialect: str, spans: int, bands: int) -> Select[Any]:
    """Select the next `size` lots of a box after (`seen_band`, `seen_lng`, `seen_id`), in this order.

    Takes `south` and `north` as heights of the unit vector, `band_0` … and `west_0`, `east_0` … of the box.
    """
    strips = [_in_strip(dialect, span, bands) for span in range(spans)]
    strip = (union_all(*strips) if spans > 1 else strips[0]).subquery("strip")
    order = strip.c.band, strip.c.lng, strip.c.id
    found_first = select(*order, strip.c.key).order_by(*order).limit(bindparam("size"))
    candidates = found_first.subquery("candidates")
    found = _shown(dialect, candidates, frozenset())
    return found.order_by(candidates.c.band, candidates.c.lng, candidates.c.id)


def _candidates(lots: Select[Any], asked: frozenset[str]) -> Subquery:
    """Stop at as many lots as are wanted, unless some of them may be left out for what they lack."""
    return (lots if asked else lots.limit(bindparam("size"))).subquery("candidates")


def _shown(dialect: str, candidates: Subquery, asked: frozenset[str]) -> Select[Any]:
    found = _beside(dialect, candidates)
    conditions = [_CONDITIONS[name](found) for name in sorted(asked)]
    return (
        select(*(found.c[name] for name in (*_SHOWN, *_COUNTED)), _clock_offset())
        .select_from(candidates.join(found, found.c.key == candidates.c.key))
        .where(*conditions)
    )


def _beside(dialect: str, candidates: Subquery) -> FromClause:
    """Look up what answers show of each candidate."""
    facts = _facts().add_columns(_key(dialect, _lots))
    if dialect != "postgresql":
        return facts.subquery("found")
    # Laterally, and with OFFSET 0, the planner can't turn two look-ups by key into a hash join over all lots.
    return facts.where(_lots.c.id == candidates.c.id).offset(0).lateral("found")


def _key(dialect: str, lot: NamedFromClause) -> ColumnElement[Any]:
    """Select what the row of a lot is looked up by: its number in SQLite's file, which every index brings."""
    return (lot.c.id if dialect != "sqlite" else literal_column(f"{lot.name}.rowid")).label("key")


def _by_name(dialect: str, text: ColumnElement[str]) -> ColumnElement[str]:
    """Sort by code points, as SQLite does anyway; PostgreSQL sorts by the locale of the database."""
    return text.collate("C") if dialect == "postgresql" else text


def _facts() -> Select[Any]:
    counter = _counters.c.free, _counters.c.source, _counters.c.updated_at.label("counted_at")
    lots = _lots.join(_counters, _counters.c.lot_id == _lots.c.id)
    kept = (*_SHOWN, *LotDetails._fields)
    return select(*(_lots.c[name] for name in kept), *counter).select_from(lots)


def _clock_offset() -> ColumnElement[int | None]:
    """Select how far the clock of the world runs ahead: NULL in the live world, which is no project."""
    ahead = select(_projects.c.clock_offset).where(_projects.c.id == bindparam("world_id"))
    return ahead.scalar_subquery().label("clock_offset")


def _in_box(dialect: str, span: int, bands: int) -> Select[Any]:
    lot = _lots.alias("lot")
    dx, dy, dz = (lot.c[axis] - bindparam(axis, type_=Double) for axis in ("x", "y", "z"))
    chord2: ColumnElement[float] = dx * dx + dy * dy + dz * dz
    return select(lot.c.id, _key(dialect, lot), chord2.label("chord2")).where(
        lot.c.world_id == bindparam("world_id"),
        lot.c.band.in_([bindparam(f"band_{band}") for band in range(bands)]),
        lot.c.lng.between(bindparam(f"west_{span}"), bindparam(f"east_{span}")),
        lot.c.deleted_at.is_(None),
    )


def _in_strip(dialect: str, span: int, bands: int) -> Select[Any]:
    lot = _lots.alias("lot")
    seen = [bindparam(f"seen_{name}", type_=lot.c[name].type) for name in ("band", "lng", "id")]
    seen_band, seen_lng, seen_id = seen
    further_east = or_(lot.c.lng > seen_lng, and_(lot.c.lng == seen_lng, lot.c.id > seen_id))
    return select(lot.c.band, lot.c.lng, lot.c.id, _key(dialect, lot)).where(
        lot.c.world_id == bindparam("world_id"),
        lot.c.band.in_([bindparam(f"band_{band}") for band in range(bands)]),
        lot.c.lng.between(bindparam(f"west_{span}"), bindparam(f"east_{span}")),
        lot.c.z.between(bindparam("south", type_=Double), bindparam("north", type_=Double)),
        lot.c.deleted_at.is_(None),
        or_(lot.c.band > seen_band, and_(lot.c.band == seen_band, further_east)),
    )


def _score(text: ColumnElement[str], word: int) -> ColumnElement[int]:
    return case(
        (text.like(bindparam(f"whole_{word}")), WHOLE_WORD),
        (text.like(bindparam(f"start_{word}")), START_OF_WORD),
        (text.like(bindparam(f"part_{word}")), PART_OF_WORD),
        else_=0,
    )
