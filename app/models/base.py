"""What all tables share: the naming of constraints, and how instants and ids are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Dialect, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Count the microseconds from 1970 on; refuse a time without a zone."""
    if instant.tzinfo is None:
        raise ValueError("A time without a zone is not an instant.")
    return (instant - _EPOCH) // _MICROSECOND


class UtcInstant(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970.

    A number, so that a due time and a project's clock offset can be added in any database.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: Dialect) -> int | None:
        """Store an aware time; a number is taken as microseconds already."""
        return microseconds(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give the time back in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads it as a plain attribute
        UUID: Uuid(),
        datetime: UtcInstant(),
        int: BigInteger(),
        dict[str, Any]: JSON(none_as_null=True),
        dict[str, str]: JSON(none_as_null=True),
        dict[str, int]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
    }
