"""What is read of rooms, always for one of their people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Conversation, JoinRequest, LogEntry, Participant, Room, RoomLink, User
from app_service.models.base import now


class Found(NamedTuple):
    room: Room
    conversation: Conversation
    read_seq: int
    last: LogEntry | None
    """The row with which the account left."""


class Waiting(NamedTuple):
    room_id: UUID
    user_id: UUID
    username: str
    created_at: datetime


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


def waits() -> ColumnElement[bool]:
    return and_(JoinRequest.declined.is_(False), JoinRequest.not_after > now())


async def waiting(session: AsyncSession, room_ids: Collection[UUID]) -> dict[UUID, list[Waiting]]:
    """Who waits to be let into these rooms, first come first."""
    query = (
        select(JoinRequest.room_id, User.id, User.username, JoinRequest.created_at)
        .join(User, User.id == JoinRequest.user_id)
        .where(JoinRequest.room_id.in_(room_ids), waits())
        .order_by(JoinRequest.created_at, User.id)
    )
    found: defaultdict[UUID, list[Waiting]] = defaultdict(list)
    for each in await session.execute(query):
        found[each.room_id].append(Waiting(*each))
    return found


async def requests(session: AsyncSession, room_id: UUID, limit: int) -> list[JoinRequest]:
    query = select(JoinRequest).where(JoinRequest.room_id == room_id, waits())
    query = query.order_by(JoinRequest.created_at, JoinRequest.user_id).limit(limit)
    return list(await session.scalars(query))


async def own_requests(session: AsyncSession, user_id: UUID) -> list[tuple[JoinRequest, str]]:
    """With the names of who made the links."""
    query = (
        select(JoinRequest, User.username)
        .join(User, User.id == JoinRequest.inviter_id)
        .where(JoinRequest.user_id == user_id)
        .order_by(JoinRequest.created_at.desc())
    )
    return [(request, username) for request, username in await session.execute(query)]


async def link(session: AsyncSession, link_id: UUID) -> RoomLink | None:
    return await session.get(RoomLink, link_id)
