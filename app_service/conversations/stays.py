"""When each device was in the group, as commits say, and what of the log is for it (PROTOCOL.md 6.5 and 6.8).

Promises: whoever was put out and added again before it came back still gets the bodies of its earlier stays, so that it
can read what was said while it was in; of the time between, and behind its person's leave, it gets none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from secrets import token_bytes
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.entries import Row
from app_service.conversations.rows import View
from app_service.models import Commit, Device, EarlierStay, LogEntry, Member, Participant


async def begin(session: AsyncSession, row: Row, joining: Iterable[Leaf]) -> None:
    """These devices are in the group from this commit on."""
    for leaf in joining:
        member = await session.get(Member, (row.conversation_id, leaf.device_id))
        if member is None:
            own = leaf.device_id == row.sender_device_id
            session.add(_member(row, leaf, row.sender_tag if own else token_bytes(16)))
            continue
        if member.removed_seq is not None:
            session.add(_earlier(member, member.removed_seq))
        member.joined_seq, member.removed_seq = row.seq, None


def _member(row: Row, leaf: Leaf, sender_tag: bytes) -> Member:
    return Member(
        conversation_id=row.conversation_id,
        device_id=leaf.device_id,
        user_id=leaf.user_id,
        sender_tag=sender_tag,
        joined_seq=row.seq,
        removed_seq=None,
        delivered_seq=0,
    )


def _earlier(member: Member, removed_seq: int) -> EarlierStay:
    return EarlierStay(
        conversation_id=member.conversation_id,
        device_id=member.device_id,
        joined_seq=member.joined_seq,
        removed_seq=removed_seq,
    )


async def end(session: AsyncSession, row: Row, gone: Collection[UUID] | None) -> None:
    """These devices, or all of them, are out with this row; whoever said before that they leave, since then."""
    left = select(Participant.left_seq).where(
        Participant.conversation_id == Member.conversation_id, Participant.user_id == Member.user_id
    )
    over = update(Member).where(Member.conversation_id == row.conversation_id, Member.removed_seq.is_(None))
    if gone is not None:
        over = over.where(Member.device_id.in_(gone))
    ended = func.coalesce(left.scalar_subquery(), row.seq)
    await session.execute(over.values(removed_seq=ended).execution_options(synchronize_session=False))


async def view_over(session: AsyncSession, view: View, conversation_id: UUID, rows: Sequence[Row]) -> View:
    """The device's view of these rows; its earlier stays are looked up only where they reach so far back."""
    joined = view.joined_seq
    if joined is None or all(row.seq >= joined for row in rows):
        return view
    query = select(EarlierStay.joined_seq, EarlierStay.removed_seq).where(
        EarlierStay.conversation_id == conversation_id, EarlierStay.device_id == view.device_id
    )
    return replace(view, earlier=tuple((start, last) for start, last in await session.execute(query)))


def unread(row: type[LogEntry | Commit]) -> ColumnElement[bool]:
    """A device has yet to read this row: one that joined by it or before, also one that it or a later one removes."""
    before = exists().where(
        EarlierStay.conversation_id == Member.conversation_id,
        EarlierStay.device_id == Member.device_id,
        EarlierStay.joined_seq <= row.seq,
        EarlierStay.removed_seq >= row.seq,
    )
    now = and_(Member.joined_seq <= row.seq, or_(Member.removed_seq.is_(None), Member.removed_seq >= row.seq))
    return exists().where(
        Member.conversation_id == row.conversation_id,
        Member.delivered_seq < row.seq,
        or_(now, before.correlate(Member, row)),
        Device.id == Member.device_id,
        Device.revoked_at.is_(None),
    )
