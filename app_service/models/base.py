"""What every table shares: names of constraints, and the column types that both databases store alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, LargeBinary, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, exactly."""
    return (moment - EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    return EPOCH + value * _MILLISECOND


def now() -> datetime:
    """The present in UTC, cut to the milliseconds that are stored, signed and shown."""
    return from_milliseconds(to_milliseconds(datetime.now(UTC)))


class Timestamp(TypeDecorator[datetime]):
    """A time, stored as milliseconds since 1970-01-01 UTC: exact, ordered, without a zone to lose."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_milliseconds(value)


class Bytes(LargeBinary):
    """Bytes as both drivers take them, without wrapping each value first."""

    def bind_processor(self, dialect: Dialect) -> None:
        return None


class Model(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as a class attribute
        datetime: Timestamp(),
        bytes: Bytes(),
    }
