"""What is read of rooms, always for one of their people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Conversation, LogEntry, Participant, Room, User


class Found(NamedTuple):
    room: Room
    conversation: Conversation
    read_seq: int
    last: LogEntry | None
    """The row with which the account left."""


class Person(NamedTuple):
    id: UUID
    username: str


async def found(session: AsyncSession, user_id: UUID, room_ids: Collection[UUID] | None = None) -> list[Found]:
    """The account's rooms, newest first; of `room_ids` only when given."""
    last = and_(LogEntry.conversation_id == Room.id, LogEntry.seq == Participant.left_seq)
    query = (
        select(Room, Conversation, Participant.read_seq, LogEntry)
        .join(Conversation, Conversation.id == Room.id)
        .join(Participant, and_(Participant.conversation_id == Room.id, Participant.user_id == user_id))
        .outerjoin(LogEntry, last)
        .order_by(Room.created_at.desc(), Room.id.desc())
        .execution_options(populate_existing=True)
    )
    if room_ids is not None:
        query = query.where(Room.id.in_(room_ids))
    return [Found(*each) for each in await session.execute(query)]


async def people(session: AsyncSession, room_ids: Collection[UUID]) -> dict[UUID, list[Person]]:
    """Who is in these rooms, by name."""
    query = (
        select(Participant.conversation_id, User.id, User.username)
        .join(User, User.id == Participant.user_id)
        .where(Participant.conversation_id.in_(room_ids), Participant.left_seq.is_(None))
        .order_by(User.username)
    )
    found: defaultdict[UUID, list[Person]] = defaultdict(list)
    for room_id, user_id, username in await session.execute(query):
        found[room_id].append(Person(user_id, username))
    return found


async def locked(session: AsyncSession, room_id: UUID) -> Room | None:
    query = select(Room).where(Room.id == room_id).with_for_update()
    return await session.scalar(query.execution_options(populate_existing=True))
