"""Occupancy by the hour: how full lots were, without a trace of who was there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class OccupancyHour(Base):
    """How full a lot was at the end of an hour; while nothing moves, the last row goes on to hold.

    The first change after an hour writes its row, by a trigger; the worker writes those of lots that stand
    still.
    """

    __tablename__ = "occupancy_hours"

    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    """No foreign key: the trigger would lock the lot after its counter, which all others lock before it."""
    hour_at: Mapped[datetime] = mapped_column(primary_key=True)
    """When the hour began, by the clock of the lot's world."""
    capacity: Mapped[int]
    occupied: Mapped[int]
    source: Mapped[str] = mapped_column(String(10))
