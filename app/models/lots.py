"""Lots, with the columns that searching by position stands on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.agent_access import AgentAccess
from app.models.base import Base

_STANDING = text("deleted_at IS NULL")


class Lot(Base):
    """A place to park."""

    __tablename__ = "lots"
    __table_args__ = (
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("agent_access IN ('allowed', 'blocked')", name="agent_access"),
        # Covering: a ring of the search is answered from the index alone (research figures: 12 x at p99).
        # SQLite asks for `deleted_at` too, although the index holds standing lots only.
        Index(
            "ix_lots_position",
            "world_id",
            "band",
            "lng",
            "x",
            "y",
            "z",
            "id",
            "deleted_at",
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        # Narrow: a search by words reads all of a world, and this is a tenth of it.
        Index(
            "ix_lots_words",
            "world_id",
            "search_text",
            "id",
            "deleted_at",
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index(
            "uq_lots_external_id",
            "world_id",
            "operator_id",
            "external_id",
            unique=True,
            sqlite_where=text("deleted_at IS NULL AND external_id IS NOT NULL"),
            postgresql_where=text("deleted_at IS NULL AND external_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    world_id: Mapped[UUID]
    """The nil UUID for live lots; a sandbox project's id for its own."""
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(220))
    address: Mapped[str | None] = mapped_column(String(300))
    city: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str | None] = mapped_column(String(2))
    search_text: Mapped[str] = mapped_column(String(600))
    """What `address` is matched against: the words of name, address and city (app/domain/words.py).

    Short enough for an index, whose rows PostgreSQL keeps below 2,704 bytes.
    """
    lat: Mapped[float] = mapped_column(Double)
    lng: Mapped[float] = mapped_column(Double)
    band: Mapped[int]
    x: Mapped[float] = mapped_column(Double)
    y: Mapped[float] = mapped_column(Double)
    z: Mapped[float] = mapped_column(Double)
    type: Mapped[str] = mapped_column(String(20))
    capacity: Mapped[int]
    accessible_spaces: Mapped[int] = mapped_column(default=0)
    ev_charging_spaces: Mapped[int] = mapped_column(default=0)
    max_height_cm: Mapped[int | None]
    amenities: Mapped[list[str]]
    opening_hours: Mapped[str | None] = mapped_column(String(500))
    """In the notation of OpenStreetMap; None when not known."""
    time_zone: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    max_stay_hours: Mapped[int] = mapped_column(default=24)
    tax_rate: Mapped[str | None] = mapped_column(String(10))
    """A percentage as decimal text, shown in quote and receipt; rates include it."""
    tariff_id: Mapped[UUID | None] = mapped_column(ForeignKey("tariffs.id"))
    agent_access: Mapped[AgentAccess | None] = mapped_column(String(10))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
