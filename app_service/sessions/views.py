"""Sessions as their people see them: a fixed number of queries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository as conversations
from app_service.models import LostDevice, Member
from app_service.sessions import repository
from app_service.sessions.repository import Found
from app_service.sessions.schemas import DeliveredUpTo, LostDeviceView, SessionMember, SessionPeer, SessionView


class _Around(NamedTuple):
    """What was read beside the sessions themselves."""

    names: dict[UUID, str]
    with_device: set[UUID]
    members: dict[UUID, list[Member]]
    lost: dict[UUID, list[LostDevice]]
    contributions: dict[UUID, list[bytes]]
    unread: dict[UUID, int]
    delivered: dict[UUID, list[DeliveredUpTo]]


async def views(session: AsyncSession, user_id: UUID, session_ids: Collection[UUID] | None = None) -> list[SessionView]:
    """The account's sessions, newest first; of `session_ids` only when given."""
    rows = await repository.found(session, user_id, session_ids)
    if not rows:
        return []
    around = await _around(session, user_id, rows)
    return [_view(row, user_id, around) for row in rows]


async def _around(session: AsyncSession, user_id: UUID, rows: list[Found]) -> _Around:
    ids = [row.session.id for row in rows]
    people = {person for row in rows for person in (row.session.user1_id, row.session.user2_id)}
    delivered: dict[UUID, list[DeliveredUpTo]] = {}
    for each in await conversations.delivered(session, ids):
        delivered.setdefault(each.conversation_id, []).append(DeliveredUpTo(user_id=each.user_id, seq=each.seq))
    return _Around(
        await repository.usernames(session, people),
        await repository.with_device(session, people),
        await repository.members(session, ids),
        await repository.lost_devices(session, ids),
        await repository.contributions(session, ids),
        await repository.unread(session, user_id, ids),
        delivered,
    )


def _view(row: Found, user_id: UUID, around: _Around) -> SessionView:
    session, conversation = row.session, row.conversation
    people = (session.user1_id, session.user2_id)
    peer = people[1] if people[0] == user_id else people[0]
    waits = session.state in ("waiting_for_devices", "establishing")
    return SessionView(
        id=session.id,
        user1_id=session.user1_id,
        user2_id=session.user2_id,
        peer=SessionPeer(id=peer, username=around.names[peer]),
        created_at=session.created_at,
        is_active=session.state == "active",
        state=session.state,
        waiting_for=[person for person in people if waits and person not in around.with_device],
        accepted_by=session.accepted_by,
        founder_device_id=session.founder_device_id,
        generation=conversation.generation,
        epoch=conversation.epoch,
        seq=conversation.seq,
        chain_0=conversation.chain_0,
        chain=conversation.chain,
        ml_kem_keys=around.contributions.get(session.id, []),
        members=[_member(member) for member in around.members.get(session.id, [])],
        lost=[_lost(each) for each in around.lost.get(session.id, [])],
        last_message_at=conversation.last_entry_at,
        my_read_seq=row.read_seq,
        unread=around.unread.get(session.id, 0),
        delivered=around.delivered.get(session.id, []),
        closed_by=session.closed_by,
    )


def _member(member: Member) -> SessionMember:
    return SessionMember(
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
