"""Rows that tests stand on: each factory asks only for what matters to the test and commits what it makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm import DeclarativeBase

from app import database
from app.domain import api_keys, clock, ids, positions, words
from app.domain.callers import LIVE_WORLD, Actor, Caller, KeyIdentity, Plan, ProjectKind, ProjectRef
from app.domain.money import Money
from app.domain.tariffs import Tariff as Prices
from app.models import ApiKey, Lot, LotAvailability, Operator, Project, Tariff

ALL_SCOPES = ("agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write", "operator")
LIONSHEAD = (39.6436, -106.3866)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key's row and the text that only its owner knows."""

    row: ApiKey
    secret: str


def keep(*rows: DeclarativeBase) -> None:
    """Commit rows, in the order given."""
    with database.transaction() as db:
        for row in rows:
            db.add(row)
            db.flush()


def make_operator(
    *, name: str = "Vail Parking", plan: Plan = "growth", connected_account: str | None = None
) -> Operator:
    """Make a company that runs lots."""
    operator = Operator(
        id=ids.uuid7(),
        name=name,
        plan=plan,
        connected_account=connected_account,
        created_at=clock.now(),
    )
    keep(operator)
    return operator


def make_project(
    *,
    operator: Operator | None = None,
    kind: ProjectKind = "sandbox",
    simulated_driver: str | None = None,
    end_user_budget: int | None = None,
    clock_runs_ahead: timedelta = timedelta(),
) -> Project:
    """Make what keys belong to; a sandbox project is a world of its own."""
    project = Project(
        id=ids.uuid7(),
        operator_id=(operator or make_operator()).id,
        name="Vail evening",
        kind=kind,
        clock_offset=clock_runs_ahead // timedelta(microseconds=1),
        simulated_driver=simulated_driver,
        end_user_budget=end_user_budget,
        created_at=clock.now(),
    )
    keep(project)
    return project


def make_tariff(
    *,
    operator_id: UUID,
    rate: str = "6.00",
    currency: str = "USD",
    free_minutes: int = 0,
    daily_maximum: str | None = None,
    minimum_charge: str | None = None,
) -> Tariff:
    """Make a price list from amounts as people write them."""

    def amount(text: str | None) -> Money | None:
        return None if text is None else Money.from_major(text, currency)

    prices = Prices(
        hourly_rate=Money.from_major(rate, currency),
        free_minutes=free_minutes,
        daily_maximum=amount(daily_maximum),
        minimum_charge=amount(minimum_charge),
    )
    tariff = Tariff(
        id=ids.uuid7(),
        operator_id=operator_id,
        currency=currency,
        rules=prices.as_json(),
        created_at=clock.now(),
    )
    keep(tariff)
    return tariff


def make_lot(
    *,
    project: Project | None = None,
    operator: Operator | None = None,
    capacity: int = 10,
    free: int | None = None,
    rate: str | None = "6.00",
    at: tuple[float, float] = LIONSHEAD,
    name: str | None = None,
    amenities: Sequence[str] = (),
    created_at: datetime | None = None,
    **facts: Any,
) -> Lot:
    """Make a lot in a sandbox project's world, or in the live one, with all of its spaces free.

    `free` leaves fewer, the rest being occupied by cars that are not ours; `rate=None` makes a lot without a
    tariff; `facts` are columns of Lot.
    """
    number = next(_numbers)
    operator_id = _operator_of(project, operator)
    currency = facts.setdefault("currency", "USD")
    tariff = None if rate is None else make_tariff(operator_id=operator_id, rate=rate, currency=currency)
    now = created_at or clock.now()
    row: dict[str, Any] = {
        "id": ids.uuid7(),
        "world_id": project.id if project and project.kind == "sandbox" else LIVE_WORLD,
        "operator_id": operator_id,
        "name": name or f"Synthetic Lot {number}",
        "type": "garage",
        "capacity": capacity,
        "amenities": list(amenities),
        "time_zone": "America/Denver",
        "tariff_id": tariff.id if tariff else None,
        "created_at": now,
        "updated_at": now,
    }
    lot = Lot(**row | _place(*at) | facts)
    lot.slug = lot.slug or words.slug(lot.name)
    lot.search_text = lot.search_text or words.folded(lot.name, lot.address, lot.city)
    free = capacity if free is None else free
    counter = LotAvailability(
        lot_id=lot.id, free=free, occupied_elsewhere=capacity - free, source="counted", updated_at=now
    )
    keep(lot, counter)
    return lot


def _operator_of(project: Project | None, operator: Operator | None) -> UUID:
    if operator is not None:
        return operator.id
    return project.operator_id if project is not None else make_operator().id


def _place(lat: float, lng: float) -> dict[str, float]:
    vector = positions.unit_vector(lat, lng)
    band = positions.band_of(lat)
    return {"lat": lat, "lng": lng, "band": band, "x": vector.x, "y": vector.y, "z": vector.z}


def make_key(
    *,
    project: Project,
    scopes: Iterable[str] = ALL_SCOPES,
    name: str = "ChatGPT custom GPT",
    budgets: dict[str, int] | None = None,
    expires_at: datetime | None = None,
) -> MadeKey:
    """Make an API key of a project, and give its text away."""
    secret = api_keys.make("live" if project.kind == "live" else "sandbox")
    row = ApiKey(
        id=ids.uuid7(),
        project_id=project.id,
        name=name,
        key_hash=api_keys.hash_of(secret),
        last_four=api_keys.last_four(secret),
        scopes=sorted(scopes),
        budgets=budgets or {},
        created_at=clock.now(),
        expires_at=expires_at,
    )
    keep(row)
    return MadeKey(row, secret)


def reference(project: Project, *, plan: Plan = "growth") -> ProjectRef:
    """Describe a project as callers carry it."""
    kind: ProjectKind = "live" if project.kind == "live" else "sandbox"
    return ProjectRef(id=project.id, operator_id=project.operator_id, kind=kind, plan=plan)


def identity(project: Project, *scopes: str, plan: Plan = "growth") -> KeyIdentity:
    """Describe a key of a project that was never stored."""
    return KeyIdentity(
        key_id=ids.uuid7(), project=reference(project, plan=plan), scopes=frozenset(scopes or ALL_SCOPES)
    )


def caller_of(
    project: Project,
    *scopes: str,
    plan: Plan = "growth",
    platform: str | None = None,
    key_id: UUID | None = None,
) -> Caller:
    """Call as a key of a project; without scopes, with all of them."""
    return Caller(
        actor=Actor("api_key", str(key_id or ids.uuid7())),
        request_id=ids.request_id(),
        project=reference(project, plan=plan),
        scopes=frozenset(scopes or ALL_SCOPES),
        platform=platform,
    )


def anyone(*, address: str = "198.51.100.7") -> Caller:
    """Call as nobody known."""
    return Caller(actor=Actor("anonymous"), request_id=ids.request_id(), address=address)


def operator_of(lot: Lot) -> Caller:
    """Call as a key of the operator that runs a lot, in the lot's own world."""
    with database.reading() as db:
        operator = db.get_one(Operator, lot.operator_id)
        sandbox = db.get(Project, lot.world_id)
    return caller_of(sandbox or make_project(operator=operator, kind="live"))


def caller_of_project(project_id: UUID, *, key_id: UUID) -> Caller:
    """Call as a key of a project that another process made."""
    with database.reading() as db:
        return caller_of(db.get_one(Project, project_id), key_id=key_id)
