"""What is read of sessions, always for one of their two people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app_service.models import (
    Block,
    Commit,
    Connection,
    Conversation,
    Device,
    LogEntry,
    LostDevice,
    Member,
    Participant,
    Session,
    User,
)

MAX_CONTRIBUTIONS = 20
MAX_COUNTED = 1_000
"""Rows behind the read mark that are looked at: sessions are shown at every event, and logs grow without end."""


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


async def usernames(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.username).where(User.id.in_(user_ids)))
    return {each[0]: each[1] for each in rows}


async def with_device(session: AsyncSession, user_ids: Collection[UUID]) -> set[UUID]:
    """Which of these accounts have an unrevoked device."""
    query = select(Device.user_id).where(Device.user_id.in_(user_ids), Device.revoked_at.is_(None)).distinct()
    return set(await session.scalars(query))


async def members(session: AsyncSession, session_ids: Collection[UUID]) -> dict[UUID, list[Member]]:
    """Devices in the groups, in the order of their ids."""
    query = select(Member).where(Member.conversation_id.in_(session_ids), Member.removed_seq.is_(None))
    found: defaultdict[UUID, list[Member]] = defaultdict(list)
    for member in await session.scalars(query.order_by(Member.device_id).execution_options(populate_existing=True)):
        found[member.conversation_id].append(member)
    return found


async def lost_devices(session: AsyncSession, session_ids: Collection[UUID]) -> dict[UUID, list[LostDevice]]:
    """Devices that asked to be added, in the order of their ids."""
    query = select(LostDevice).where(LostDevice.conversation_id.in_(session_ids)).order_by(LostDevice.device_id)
    found: defaultdict[UUID, list[LostDevice]] = defaultdict(list)
    for device in await session.scalars(query.execution_options(populate_existing=True)):
        found[device.conversation_id].append(device)
    return found


async def contributions(session: AsyncSession, session_ids: Collection[UUID]) -> dict[UUID, list[bytes]]:
    """The newest contribution ids, oldest first."""
    newer = aliased(Commit)
    of_session = (newer.conversation_id == Conversation.id, newer.contribution_id.is_not(None))
    oldest_shown = (
        select(newer.seq)
        .where(*of_session)
        .order_by(newer.seq.desc())
        .offset(MAX_CONTRIBUTIONS - 1)
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    query = (
        select(Commit.conversation_id, Commit.contribution_id)
        .join(Conversation, Conversation.id == Commit.conversation_id)
        .where(
            Conversation.id.in_(session_ids),
            Commit.contribution_id.is_not(None),
            Commit.seq >= func.coalesce(oldest_shown, 0),
        )
        .order_by(Commit.conversation_id, Commit.seq)
    )
    found: defaultdict[UUID, list[bytes]] = defaultdict(list)
    for session_id, contribution_id in await session.execute(query):
        if contribution_id is not None:
            found[session_id].append(contribution_id)
    return found


async def unread(session: AsyncSession, user_id: UUID, session_ids: Collection[UUID]) -> dict[UUID, int]:
    """Messages of others among the first `MAX_COUNTED` rows behind the account's read mark."""
    query = (
        select(LogEntry.conversation_id, func.count())
        .join(
            Participant,
            and_(Participant.conversation_id == LogEntry.conversation_id, Participant.user_id == user_id),
        )
        .where(
            LogEntry.conversation_id.in_(session_ids),
            LogEntry.seq > Participant.read_seq,
            LogEntry.seq <= Participant.read_seq + MAX_COUNTED,
            LogEntry.kind == "message",
            LogEntry.sender_id != user_id,
        )
        .group_by(LogEntry.conversation_id)
    )
    return {each[0]: each[1] for each in await session.execute(query)}


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
