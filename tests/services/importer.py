"""Importing short lists of lots, and looking at what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import database
from app.domain.callers import Caller
from app.domain.money import Money
from app.models import Lot, LotAvailability, Project
from app.services import lot_imports, lots
from app.services.lot_imports import Report
from tests.factories import caller_of

HEADER = "external_id,name,city,lat,lng,type,capacity,time_zone,currency"
CITADEL = "a1,Garage Citadel,Assen,52.9975282,6.5669367,garage,550,Europe/Amsterdam,EUR"
TRIADE = "a2,Garage Triade,Assen,52.9921,6.5642,garage,300,Europe/Amsterdam,EUR"
PRICED = f"{HEADER},rate,daily_maximum,free_minutes"


@dataclass(frozen=True)
class Importer:
    """A project into whose world a test imports."""

    project: Project

    @property
    def caller(self) -> Caller:
        return caller_of(self.project)

    def run(self, source: Path | bytes, **options: Any) -> Report:
        return lot_imports.run(
            self.caller,
            source,
            world_id=self.project.id,
            operator_id=self.project.operator_id,
            **options,
        )

    def take(self, *lines: str, header: str = HEADER, **options: Any) -> Report:
        return self.run("\n".join([header, *lines]).encode(), **options)

    def lot(self, external_id: str = "a1") -> Lot:
        with database.reading() as db:
            named = Lot.world_id == self.project.id, Lot.external_id == external_id
            return db.scalars(select(Lot).where(*named, Lot.deleted_at.is_(None))).one()

    def free(self, external_id: str = "a1") -> int:
        lot = self.lot(external_id)
        with database.reading() as db:
            return db.get_one(LotAvailability, lot.id).free

    def names(self, **asked: Any) -> list[str]:
        return [lot.name for lot in lots.search(self.caller, **asked)]


def counts(report: Report) -> tuple[int, int, int]:
    return report.created, report.updated, report.unchanged


def rate_of(importer: Importer, external_id: str = "a1") -> Money | None:
    return lots.get(importer.caller, importer.lot(external_id).id).rate


def rows(numbers: Iterable[int]) -> bytes:
    """Write a CSV with one garage for each number."""
    lots = (f"lot-{number},Garage {number},{CITADEL.split(',', 2)[2]}" for number in numbers)
    return "\n".join([HEADER, *lots]).encode()
