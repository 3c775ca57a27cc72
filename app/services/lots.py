"""Lots: finding them, looking at one, and whether a session may start there."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import map_boxes, positions
from app.domain.agent_access import AgentAccess, may_agents_book
from app.domain.callers import Caller
from app.domain.errors import AgentOptInRequired, BadRequest, Detail
from app.domain.positions import Box
from app.domain.tariffs import Tariff
from app.domain.words import words_of
from app.models import Lot
from app.presenters.lot_maps import LotMap
from app.presenters.lots import AS_KEPT, LotDetails, LotFacts
from app.presenters.pages import Page
from app.queries import Read
from app.services import lot_search, rates, worlds
from app.services.lot_search import NO_FILTERS, Filters, Found

DEFAULT_RADIUS_KM = 2.0
DEFAULT_LIMIT = 10
DEFAULT_MAP_LIMIT = 500

_BOUND_BY_OPT_IN = frozenset({"api_key"})
"""Who creates as an agent does, on any path: never a driver, never a person at the dashboard."""

_AS_KEPT = len(AS_KEPT)

_lots: Table = cast(Table, Lot.__table__)
_STILL_STANDING = select(_lots.c.agent_access, _lots.c.created_at).where(
    _lots.c.id == bindparam("lot_id"), _lots.c.deleted_at.is_(None)
)


def search(
    caller: Caller,
    *,
    lat: float | None = None,
    lng: float | None = None,
    address: str | None = None,
    radius_km: float = DEFAULT_RADIUS_KM,
    limit: int = DEFAULT_LIMIT,
    filters: Filters = NO_FILTERS,
) -> list[LotFacts]:
    """Find lots near a position, nearest first, or else by the words of an address, best match first.

    The position wins if both are given. Raises BadRequest for half a position, and for neither.
    """
    position = _position(lat, lng, address)
    world_id = worlds.of(caller)
    with queries.reading() as read:
        if position is None:
            words = words_of(address or "")
            found = lot_search.matching(read, world_id, words, limit=limit, filters=filters)
        else:
            found = lot_search.near(
                read, world_id, position, radius_km=radius_km, limit=limit, filters=filters
            )
    return _facts(found)


def get(caller: Caller, lot_id: UUID) -> LotFacts:
    """Look at one lot; raise NotFound."""
    with queries.reading() as read:
        found = lot_search.one(read, worlds.of(caller), lot_id)
    kept = LotDetails._make(getattr(found, name) for name in LotDetails._fields)
    return _facts([found])[0]._replace(details=kept)


def on_map(
    caller: Caller, *, bbox: str | None = None, limit: int = DEFAULT_MAP_LIMIT, cursor: UUID | None = None
) -> LotMap:
    """Return the lots within a box (RFC 7946 section 5), or in the whole world, a page at a time.

    `cursor` is the last lot of the page before. Raise BadRequest for a box or a cursor that is none.
    """
    box = map_boxes.WHOLE_WORLD if bbox is None else _box(bbox)
    with queries.reading() as read:
        found = lot_search.within(read, worlds.of(caller), box, size=limit + 1, after=cursor)
    facts = _facts(found[:limit])
    following = str(facts[-1].id) if len(found) > limit else None
    return LotMap(box, Page(facts, next_cursor=following))


def bookable(read: Read, caller: Caller, lot_id: UUID) -> Found:
    """Return a lot, with its owner, in which the caller may start a session as far as consent goes.

    Raises NotFound outside the caller's world, AgentOptInRequired where agents are not let in.
    """
    lot = lot_search.one(read, worlds.of(caller), lot_id, with_owner=True)
    require_let_in(caller, lot.agent_access, lot.created_at)
    return lot


def require_still_bookable(db: Session, caller: Caller, lot_id: UUID) -> None:
    """Raise what `bookable` would by now, within the transaction that put a session into the lot.

    Asked after the session's row was written: its foreign key keeps the lot as it is till the commit.
    """
    standing = queries.execute(database.connection_of(db), _STILL_STANDING, {"lot_id": lot_id})
    if not standing:
        raise lot_search.no_such_lot()
    require_let_in(caller, standing[0].agent_access, standing[0].created_at)


def require_let_in(caller: Caller, access: AgentAccess | None, created_at: datetime) -> None:
    """Raise AgentOptInRequired where agents are not let in and the caller is one."""
    if caller.actor.type in _BOUND_BY_OPT_IN and not may_agents_book(access, created_at):
        raise AgentOptInRequired(
            "This lot's operator does not let agents start sessions. Choose another lot."
        )


def _position(lat: float | None, lng: float | None, address: str | None) -> tuple[float, float] | None:
    if lat is not None and lng is not None:
        return lat, lng
    given = {"lat": lat, "lng": lng}
    missing = [field for field, degrees in given.items() if degrees is None]
    if len(missing) == len(given) and address is not None:
        return None
    need = "Send lat and lng together, or an address."
    raise BadRequest(f"{missing[0]}: {need}", details=[Detail(field, need) for field in missing])


def _box(bbox: str) -> Box:
    try:
        return map_boxes.parse(bbox)
    except ValueError as fault:
        raise BadRequest.of("bbox", str(fault)) from None


def _facts(found: Sequence[Found]) -> list[LotFacts]:
    """Tell of lots of one world what is true of them at one instant."""
    if not found:
        return []
    # Neither hours nor tariffs know seconds, and one instant for all lots is looked up faster.
    now = lot_search.now_at(found[0]).replace(second=0, microsecond=0)
    return [_facts_of(lot, tariff, now) for lot, tariff in zip(found, rates.tariffs_of(found), strict=True)]


def _facts_of(lot: Found, tariff: Tariff | None, now: datetime) -> LotFacts:
    chord2 = getattr(lot, "chord2", None)
    return LotFacts(  # type: ignore[misc]  # mypy can't count the columns
        *lot[:_AS_KEPT],
        updated_at=max(lot.updated_at, lot.counted_at),
        available=max(lot.free, 0),
        open_now=lot_search.open_at(lot, now),
        rate=None if tariff is None else tariff.rate_at(now),
        agent_bookable=tariff is not None and may_agents_book(lot.agent_access, lot.created_at),
        distance_km=None if chord2 is None else positions.distance_km(chord2),
    )
