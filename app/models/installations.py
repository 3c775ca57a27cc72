"""Which installation a database is of."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Installation(Base):
    """The one installation that a database is of, as it is known to others."""

    __tablename__ = "installations"
    __table_args__ = (CheckConstraint("number = 1", name="number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """There is one."""
    id: Mapped[UUID]
    """What payments at the processor are marked with."""
