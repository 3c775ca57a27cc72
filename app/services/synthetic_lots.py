"""The synthetic lots of a sandbox: the two of the reference's evening in Vail, and more like them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.tariffs import Tariff
from app.services import lot_files, lot_records, lot_rows
from app.services.lot_files import Row

FILE = Path(__file__).with_name("synthetic_lots.csv")
"""A list of lots as it can be imported, with `occupied_elsewhere` and, where it is not now, `created_on`."""


@dataclass(frozen=True, slots=True)
class _Lot:
    columns: Mapping[str, Any]
    tariff: Tariff | None


def place(db: Session, *, world_id: UUID, operator_id: UUID, at: datetime) -> int:
    """Put the synthetic lots into a world; return how many."""
    lots = _lots()
    tariffs = [lot.tariff for lot in lots]
    tariff_ids = lot_records.add_tariffs(db, tariffs, operator_id=operator_id, at=at)
    rows = [{**lot.columns, "tariff_id": tariff_ids[lot.tariff]} for lot in lots]
    return len(lot_records.add(db, rows, world_id=world_id, operator_id=operator_id, at=at))


@cache
def _lots() -> Sequence[_Lot]:
    table = lot_files.read(FILE)
    return [_lot(row, table.columns) for row in table.rows]


def _lot(row: Row, columns: frozenset[str]) -> _Lot:
    understood = lot_rows.understand(row, columns)
    if understood.draft is None:
        raise ValueError(f"{FILE.name}: {understood.faults}")
    more: dict[str, Any] = {"occupied_elsewhere": int(row.texts["occupied_elsewhere"])}
    if row.texts["created_on"]:
        more["created_at"] = datetime.fromisoformat(row.texts["created_on"]).replace(tzinfo=UTC)
    return _Lot({**understood.draft.columns, **more}, understood.draft.tariff)
