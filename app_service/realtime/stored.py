"""Stored account events, read after a cursor."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Event, User

KEPT: Final = timedelta(days=30)


class StoredEvent(NamedTuple):
    seq: int
    type: str
    payload: dict[str, Any]


class Kept(NamedTuple):
    """Numbers of the oldest and the newest event that can be read; `first` is `last + 1` when there is none."""

    first: int
    last: int


async def kept(session: AsyncSession, user_id: UUID) -> Kept:
    last = await session.scalar(select(User.event_seq).where(User.id == user_id)) or 0
    first = await session.scalar(select(func.min(Event.seq)).where(Event.user_id == user_id))
    return Kept(last + 1 if first is None else first, last)


async def after(session: AsyncSession, user_id: UUID, seq: int, limit: int) -> list[StoredEvent]:
    query = select(Event.seq, Event.type, Event.payload).where(Event.user_id == user_id, Event.seq > seq)
    rows = await session.execute(query.order_by(Event.seq).limit(limit))
    return [StoredEvent(each[0], each[1], orjson.loads(each[2])) for each in rows]


async def forget(session: AsyncSession, at: datetime) -> None:
    """Delete what is older than `KEPT`; clients with an older cursor fetch their state anew."""
    await session.execute(delete(Event).where(Event.created_at < at - KEPT))
