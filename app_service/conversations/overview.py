"""What is shown of conversations beside their logs, in a fixed number of queries whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app_service.conversations.repository import delivered, seen
from app_service.conversations.schemas import DeliveredUpTo, LostDeviceView, MemberDevice, SeenUpTo
from app_service.models import Commit, Conversation, LogEntry, LostDevice, Member, Participant

MAX_CONTRIBUTIONS = 20
MAX_COUNTED = 1_000
"""Rows behind the read mark that are looked at: conversations are shown at every event, and logs grow without end."""


@dataclass(frozen=True)
class Around:
    """What is read beside the conversations themselves."""

    members: dict[UUID, list[MemberDevice]] = field(default_factory=dict)
    lost: dict[UUID, list[LostDeviceView]] = field(default_factory=dict)
    contributions: dict[UUID, list[bytes]] = field(default_factory=dict)
    unread: dict[UUID, int] = field(default_factory=dict)
    delivered: dict[UUID, list[DeliveredUpTo]] = field(default_factory=dict)
    seen: dict[UUID, list[SeenUpTo]] = field(default_factory=dict)


async def around(session: AsyncSession, user_id: UUID, conversation_ids: Collection[UUID]) -> Around:
    """All of it for the account's conversations."""
    reached: dict[UUID, list[DeliveredUpTo]] = {}
    for each in await delivered(session, conversation_ids):
        reached.setdefault(each.conversation_id, []).append(DeliveredUpTo(user_id=each.user_id, seq=each.seq))
    read: dict[UUID, list[SeenUpTo]] = {}
    for each in await seen(session, conversation_ids):
        read.setdefault(each.conversation_id, []).append(SeenUpTo(user_id=each.user_id, seq=each.seq))
    return Around(
        {key: [_member(each) for each in found] for key, found in (await members(session, conversation_ids)).items()},
        {
            key: [_lost(each) for each in found]
            for key, found in (await lost_devices(session, conversation_ids)).items()
        },
        await contributions(session, conversation_ids),
        await unread(session, user_id, conversation_ids),
        reached,
        read,
    )


def _member(member: Member) -> MemberDevice:
    return MemberDevice(
        user_id=member.user_id,
        device_id=member.device_id,
        sender_tag=member.sender_tag,
        joined_seq=member.joined_seq,
    )


def _lost(device: LostDevice) -> LostDeviceView:
    return LostDeviceView(
        user_id=device.user_id,
        device_id=device.device_id,
        statement=device.statement,
        signature=device.signature,
    )


async def members(session: AsyncSession, conversation_ids: Collection[UUID]) -> dict[UUID, list[Member]]:
    """Devices in the groups, in the order of their ids."""
    query = select(Member).where(Member.conversation_id.in_(conversation_ids), Member.removed_seq.is_(None))
    found: defaultdict[UUID, list[Member]] = defaultdict(list)
    for member in await session.scalars(query.order_by(Member.device_id).execution_options(populate_existing=True)):
        found[member.conversation_id].append(member)
    return found


async def lost_devices(session: AsyncSession, conversation_ids: Collection[UUID]) -> dict[UUID, list[LostDevice]]:
    """Devices that asked to be added, in the order of their ids."""
    query = select(LostDevice).where(LostDevice.conversation_id.in_(conversation_ids)).order_by(LostDevice.device_id)
    found: defaultdict[UUID, list[LostDevice]] = defaultdict(list)
    for device in await session.scalars(query.execution_options(populate_existing=True)):
        found[device.conversation_id].append(device)
    return found


async def contributions(session: AsyncSession, conversation_ids: Collection[UUID]) -> dict[UUID, list[bytes]]:
    """The newest contribution ids, oldest first."""
    newer = aliased(Commit)
    of_log = (newer.conversation_id == Conversation.id, newer.contribution_id.is_not(None))
    oldest_shown = (
        select(newer.seq)
        .where(*of_log)
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
            Conversation.id.in_(conversation_ids),
            Commit.contribution_id.is_not(None),
            Commit.seq >= func.coalesce(oldest_shown, 0),
        )
        .order_by(Commit.conversation_id, Commit.seq)
    )
    found: defaultdict[UUID, list[bytes]] = defaultdict(list)
    for conversation_id, contribution_id in await session.execute(query):
        if contribution_id is not None:
            found[conversation_id].append(contribution_id)
    return found


async def unread(session: AsyncSession, user_id: UUID, conversation_ids: Collection[UUID]) -> dict[UUID, int]:
    """Messages of others among the first `MAX_COUNTED` rows behind the account's read mark."""
    query = (
        select(LogEntry.conversation_id, func.count())
        .join(
            Participant,
            and_(Participant.conversation_id == LogEntry.conversation_id, Participant.user_id == user_id),
        )
        .where(
            LogEntry.conversation_id.in_(conversation_ids),
            LogEntry.seq > Participant.read_seq,
            LogEntry.seq <= Participant.read_seq + MAX_COUNTED,
            or_(Participant.left_seq.is_(None), LogEntry.seq <= Participant.left_seq),
            LogEntry.kind == "message",
            LogEntry.sender_id != user_id,
        )
        .group_by(LogEntry.conversation_id)
    )
    return {each[0]: each[1] for each in await session.execute(query)}
