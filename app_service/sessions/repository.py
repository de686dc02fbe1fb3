"""What is read of sessions, always for one of their two people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Block, Connection, Conversation, Device, Participant, Session


class Found(NamedTuple):
    session: Session
    conversation: Conversation
    read_seq: int


async def found(session: AsyncSession, user_id: UUID, session_ids: Collection[UUID] | None = None) -> list[Found]:
    """The account's sessions, newest first; of `session_ids` only when given."""
    query = (
        select(Session, Conversation, Participant.read_seq)
        .join(Conversation, Conversation.id == Session.id)
        .join(Participant, and_(Participant.conversation_id == Session.id, Participant.user_id == user_id))
        .order_by(Session.created_at.desc(), Session.id.desc())
        .execution_options(populate_existing=True)
    )
    if session_ids is not None:
        query = query.where(Session.id.in_(session_ids))
    return [Found(*each) for each in await session.execute(query)]


async def live_of(session: AsyncSession, user_id: UUID) -> Sequence[Session]:
    """The account's sessions that are not terminated."""
    query = select(Session).where(
        or_(Session.user1_id == user_id, Session.user2_id == user_id), Session.state != "terminated"
    )
    return (await session.scalars(query)).all()


async def live_between(session: AsyncSession, one: UUID, other: UUID) -> Session | None:
    low, high = sorted((one, other))
    query = select(Session).where(
        Session.low_user_id == low, Session.high_user_id == high, Session.state != "terminated"
    )
    return await session.scalar(query.with_for_update())


async def locked(session: AsyncSession, session_id: UUID) -> Session | None:
    query = select(Session).where(Session.id == session_id).with_for_update()
    return await session.scalar(query.execution_options(populate_existing=True))


async def with_device(session: AsyncSession, user_ids: Collection[UUID]) -> set[UUID]:
    """Which of these accounts have an unrevoked device."""
    query = select(Device.user_id).where(Device.user_id.in_(user_ids), Device.revoked_at.is_(None)).distinct()
    return set(await session.scalars(query))


async def connected(session: AsyncSession, one: UUID, other: UUID) -> bool:
    low, high = sorted((one, other))
    query = select(Connection.id).where(
        Connection.low_user_id == low, Connection.high_user_id == high, Connection.state == "connected"
    )
    return await session.scalar(query) is not None


async def blocked(session: AsyncSession, one: UUID, other: UUID) -> bool:
    """Whether either has blocked the other."""
    query = select(
        exists().where(
            or_(
                and_(Block.user_id == one, Block.blocked_id == other),
                and_(Block.user_id == other, Block.blocked_id == one),
            )
        )
    )
    return bool(await session.scalar(query))
