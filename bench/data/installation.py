"""Databases to measure on, filled once by the product itself and kept under build/bench."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from app import database, migrations
from app.domain import api_keys, clock, ids
from app.domain.callers import LIVE_WORLD, Actor, Caller
from app.domain.money import Money
from app.domain.tariffs import Tariff
from app.gateways import processors
from app.models import ApiKey, Lot, LotAvailability
from app.services import installation, lot_imports, lot_records, operators, projects
from app.settings import Settings
from bench.data import country

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "bench"
DUTCH_LOTS = ROOT / "tests" / "data" / "lots-netherlands.csv"

PLENTY = 1_000_000_000
"""The budget of the keys that measure, set by data, as an operator would be granted more."""
BUDGETS = dict.fromkeys(("search", "agent", "session", "session_creation"), PLENTY)
BOTTOMLESS = 10_000_000
"""Spaces of the lots that sessions are created in, so that none is ever full."""
BUSY_LOTS = 1_000

_AT_ONCE = 10_000
_RATES = ("1.50", "2.00", "3.00", "4.50", "6.00", "8.00", "10.00", "12.50")


@dataclass(frozen=True, slots=True)
class Facts:
    """What callers need to know of a database."""

    key: str
    lot_ids: tuple[str, ...]
    """Lots with room for any number of sessions; the first is the hot one."""
    positions: tuple[tuple[float, float], ...]
    """Where some of the lots stand: people look for parking where there is some."""


def sqlite(lots: int) -> tuple[Path, Facts]:
    """Return the kept SQLite database with so many synthetic lots and the Dutch ones; make it if needed."""
    folder = CACHE / f"{lots}-{_version()}"
    file, facts = folder / "parkgraph.sqlite3", folder / "facts.json"
    if not facts.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = _fill(f"sqlite:///{file}", home=folder, lots=lots)
        facts.write_text(json.dumps(asdict(made)))
    kept: dict[str, Any] = json.loads(facts.read_text())
    return file, Facts(
        kept["key"], tuple(kept["lot_ids"]), tuple((lat, lng) for lat, lng in kept["positions"])
    )


def _version() -> str:
    """Name what the data follows from: a kept database of another schema is of no use."""
    sources = [Path(__file__), Path(country.__file__), DUTCH_LOTS]
    sources += sorted((ROOT / "app" / "migrations" / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _fill(url: str, *, home: Path, lots: int) -> Facts:
    print(f"Making a database with {lots:,} synthetic lots, once", flush=True)
    settings = Settings(
        home=home, database_url=url, processor_path=home / "processor.sqlite3", payments_live="embedded"
    )
    engine = database.configure(settings)
    migrations.upgrade(engine)
    installation.configure(settings)
    processors.configure(settings)
    try:
        return _people_and_lots(lots)
    finally:
        processors.close()
        engine.dispose()


def _people_and_lots(lots: int) -> Facts:
    caller = Caller(actor=Actor("operator_cli"), request_id=ids.request_id())
    account = processors.embedded("live").open_world(processors.EMBEDDED_LIVE_WORLD)
    with database.transaction() as db:
        operator = operators.add(
            db, caller, name="Synthetic Parking", plan="enterprise", connected_account=account
        )
        project = projects.add(db, caller, operator_id=operator.id, name="Benchmark", kind="live")
    key = _key(project.id)
    _synthetic(lots, operator_id=operator.id)
    lot_imports.run(caller, DUTCH_LOTS, world_id=LIVE_WORLD, operator_id=operator.id)
    return Facts(key=key, lot_ids=_make_room(), positions=_some_positions())


def _key(project_id: UUID) -> str:
    secret = api_keys.make("live")
    row = ApiKey(
        id=ids.uuid7(),
        project_id=project_id,
        name="Benchmark",
        key_hash=api_keys.hash_of(secret),
        last_four=api_keys.last_four(secret),
        scopes=["agent:act", "lots:read", "sessions:read", "sessions:write"],
        budgets=BUDGETS,
        created_at=clock.now(),
    )
    with database.transaction() as db:
        db.add(row)
    return secret


def _synthetic(number: int, *, operator_id: UUID) -> None:
    prices = [Tariff(hourly_rate=Money.from_major(rate, "USD")) for rate in _RATES]
    with database.transaction() as db:
        tariffs = lot_records.add_tariffs(db, prices, operator_id=operator_id, at=clock.now())
    waiting = country.lots(number, tariff_ids=[tariffs[price] for price in prices])
    while some := list(islice(waiting, _AT_ONCE)):
        with database.transaction() as db:
            lot_records.add(db, some, world_id=LIVE_WORLD, operator_id=operator_id, at=clock.now())


def _make_room() -> tuple[str, ...]:
    """Widen some lots, so that creating sessions never ends for want of space."""
    with database.transaction() as db:
        chosen = list(db.scalars(select(Lot.id).where(Lot.country == "US").order_by(Lot.id).limit(BUSY_LOTS)))
        for table, column in (
            (Lot.__table__, Lot.capacity),
            (LotAvailability.__table__, LotAvailability.free),
        ):
            key = table.c.id if table is Lot.__table__ else table.c.lot_id
            db.execute(table.update().where(key.in_(chosen)).values({column.key: BOTTOMLESS}))
        db.execute(
            text("UPDATE lot_availability SET occupied_elsewhere = 0 WHERE free = :all"), {"all": BOTTOMLESS}
        )
    return tuple(str(lot_id) for lot_id in chosen)


def _some_positions() -> tuple[tuple[float, float], ...]:
    with database.reading() as db:
        everywhere = list(db.execute(select(Lot.lat, Lot.lng).order_by(Lot.id)))
    step = max(1, len(everywhere) // 5_000)
    return tuple((row.lat, row.lng) for row in everywhere[::step])
