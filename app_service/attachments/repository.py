"""What is read and written of attachments. Every read is scoped to an account, but for the keeper's."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Attachment, AttachmentChunk, Conversation, LogEntry, Participant, User


class Collectable(NamedTuple):
    """Up to which moments something was made or ended that is collected now."""

    unfinished_before: datetime
    unsent_before: datetime
    ended_before: datetime
    expired_by: datetime


async def for_member(session: AsyncSession, user_id: UUID, attachment_id: UUID, moment: datetime) -> Attachment | None:
    """An attachment of one of the account's conversations; one that is not complete only for who uploads it.

    Who left a room reads on what was complete by then. What has disappeared by that moment is nobody's.
    """
    there = or_(Attachment.expires_at.is_(None), Attachment.expires_at > moment)
    left = and_(LogEntry.conversation_id == Attachment.conversation_id, LogEntry.seq == Participant.left_seq)
    complete_for_them = or_(
        and_(Participant.left_seq.is_(None), Attachment.completed_at.is_not(None)),
        Attachment.completed_at <= LogEntry.timestamp,
    )
    query = (
        select(Attachment)
        .join(
            Participant,
            and_(Participant.conversation_id == Attachment.conversation_id, Participant.user_id == user_id),
        )
        .outerjoin(LogEntry, left)
        .where(Attachment.id == attachment_id, there, or_(complete_for_them, Attachment.uploader_id == user_id))
    )
    return await session.scalar(query)


async def locked_own(session: AsyncSession, user_id: UUID, attachment_id: UUID) -> Attachment | None:
    """One that the account uploaded and that still belongs to a conversation, until the transaction ends."""
    query = select(Attachment).where(
        Attachment.id == attachment_id, Attachment.uploader_id == user_id, Attachment.conversation_id.is_not(None)
    )
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def exists(session: AsyncSession, attachment_id: UUID) -> bool:
    return await session.scalar(select(Attachment.id).where(Attachment.id == attachment_id)) is not None


async def lock_account(session: AsyncSession, user_id: UUID) -> None:
    """Two uploads of one account are counted one after the other."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def used(session: AsyncSession, user_id: UUID) -> int:
    """Bytes that the account's files take, with what unfinished ones have announced."""
    query = select(func.coalesce(func.sum(Attachment.size), 0)).where(
        Attachment.uploader_id == user_id, Attachment.conversation_id.is_not(None)
    )
    return int(await session.scalar(query) or 0)


async def chunks(session: AsyncSession, attachment_id: UUID) -> list[int]:
    query = select(AttachmentChunk.number).where(AttachmentChunk.attachment_id == attachment_id)
    return list(await session.scalars(query.order_by(AttachmentChunk.number)))


async def chunk_hash(session: AsyncSession, attachment_id: UUID, number: int) -> bytes | None:
    query = select(AttachmentChunk.sha256).where(
        AttachmentChunk.attachment_id == attachment_id, AttachmentChunk.number == number
    )
    return await session.scalar(query)


def _collectable(moments: Collectable) -> ColumnElement[bool]:
    ended = select(Conversation.id).where(
        Conversation.open == false(), Conversation.last_entry_at < moments.ended_before
    )
    return or_(
        Attachment.conversation_id.is_(None),
        and_(Attachment.completed_at.is_(None), Attachment.created_at < moments.unfinished_before),
        and_(Attachment.sent.is_(False), Attachment.completed_at < moments.unsent_before),
        Attachment.conversation_id.in_(ended),
        Attachment.expires_at <= moments.expired_by,
    )


async def detach_collectable(session: AsyncSession, moments: Collectable, limit: int) -> list[UUID]:
    """Attachments that nobody needs, now nobody's: given up, half uploaded, never sent, disappeared, or of an ended
    conversation.
    """
    some = select(Attachment.id).where(_collectable(moments)).order_by(Attachment.id).limit(limit)
    # Asked again of each row under its lock: one may have been completed meanwhile.
    change = update(Attachment).where(Attachment.id.in_(some), _collectable(moments)).values(conversation_id=None)
    found = await session.scalars(change.returning(Attachment.id).execution_options(synchronize_session=False))
    return list(found)


async def detach(session: AsyncSession, attachment_id: UUID) -> None:
    """From now on it belongs to nobody, and takes nothing of a quota."""
    change = update(Attachment).where(Attachment.id == attachment_id).values(conversation_id=None)
    await session.execute(change.execution_options(synchronize_session=False))


async def forget(session: AsyncSession, attachment_id: UUID) -> None:
    """The row of one whose bytes are gone."""
    await session.execute(delete(Attachment).where(Attachment.id == attachment_id))
