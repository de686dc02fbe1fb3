"""Every query on connections and blocks, each between two accounts of which one asks."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, case, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Block, Connection, Session, User

LIVE = ("pending", "connected")

_Seen = Row[Connection, User]


async def person(session: AsyncSession, *, user_id: UUID | None = None, username: str | None = None) -> User | None:
    return await session.scalar(select(User).where(User.id == user_id if user_id else User.username == username))


async def live_between(session: AsyncSession, one: UUID, other: UUID) -> Connection | None:
    low, high = sorted((one, other))
    query = select(Connection).where(
        Connection.low_user_id == low, Connection.high_user_id == high, Connection.state.in_(LIVE)
    )
    return await session.scalar(query.execution_options(populate_existing=True))


async def request_to(session: AsyncSession, addressee: UUID, request_id: UUID) -> Connection | None:
    """A request that `addressee` was asked, in whatever state it is now."""
    query = select(Connection).where(
        Connection.id == request_id,
        or_(Connection.low_user_id == addressee, Connection.high_user_id == addressee),
        Connection.requester_id != addressee,
        ~Connection.hidden,
    )
    return await session.scalar(query.execution_options(populate_existing=True))


async def pending(session: AsyncSession, user_id: UUID) -> Sequence[_Seen]:
    """Open requests of both directions, with the other person; none that were hidden from this one."""
    seen = or_(~Connection.hidden, Connection.requester_id == user_id)
    query = _with_peer(user_id).where(Connection.state == "pending", seen)
    return (await session.execute(query.order_by(Connection.id))).all()


async def connected(session: AsyncSession, user_id: UUID) -> Sequence[_Seen]:
    query = _with_peer(user_id).where(Connection.state == "connected")
    return (await session.execute(query.order_by(User.username))).all()


def _with_peer(user_id: UUID) -> Select[Connection, User]:
    peer_id = case((Connection.low_user_id == user_id, Connection.high_user_id), else_=Connection.low_user_id)
    return (
        select(Connection, User)
        .join(User, User.id == peer_id)
        .where(or_(Connection.low_user_id == user_id, Connection.high_user_id == user_id))
    )


async def blocked_people(session: AsyncSession, user_id: UUID) -> Sequence[User]:
    query = select(User).join(Block, Block.blocked_id == User.id).where(Block.user_id == user_id)
    return (await session.scalars(query.order_by(User.username))).all()


async def blocks(session: AsyncSession, user_id: UUID, blocked_id: UUID) -> bool:
    query = select(Block.user_id).where(Block.user_id == user_id, Block.blocked_id == blocked_id)
    return await session.scalar(query) is not None


async def unblock(session: AsyncSession, user_id: UUID, blocked_id: UUID) -> bool:
    """Whether there was a block to delete."""
    query = delete(Block).where(Block.user_id == user_id, Block.blocked_id == blocked_id).returning(Block.user_id)
    return (await session.execute(query)).first() is not None


async def session_between(session: AsyncSession, one: UUID, other: UUID) -> UUID | None:
    """The live session that an acceptance led to."""
    low, high = sorted((one, other))
    query = select(Session.id).where(
        Session.low_user_id == low, Session.high_user_id == high, Session.state != "terminated"
    )
    return await session.scalar(query)
