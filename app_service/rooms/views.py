"""Rooms as their people see them: a fixed number of queries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.overview import Around, around
from app_service.conversations.roles import may_admit
from app_service.conversations.room_policy import decode_policy
from app_service.models import LogEntry
from app_service.rooms import repository
from app_service.rooms.repository import Found, Person, Waiting
from app_service.rooms.schemas import Joining, RoleName, RoomPerson, RoomView

_ROLES: tuple[RoleName, ...] = ("member", "moderator", "owner")


async def views(session: AsyncSession, user_id: UUID, room_ids: Collection[UUID] | None = None) -> list[RoomView]:
    """The account's rooms, newest first; of `room_ids` only when given."""
    rows = await repository.found(session, user_id, room_ids)
    if not rows:
        return []
    ids = [row.room.id for row in rows]
    people = await repository.people(session, ids)
    beside = await around(session, user_id, ids)
    waiting = await repository.waiting(session, ids)
    return [
        _now(row, beside, people[row.room.id], _joining(row.room.policy, user_id, waiting[row.room.id]))
        if row.last is None
        else _then(row, beside, row.last)
        for row in rows
    ]


def _joining(policy: bytes | None, user_id: UUID, waiting: list[Waiting]) -> list[Joining]:
    """For those who may let them in: everybody, unless that takes an approval."""
    if policy is None or not may_admit(decode_policy(policy), user_id):
        return []
    return [Joining(user_id=each.user_id, username=each.username, created_at=each.created_at) for each in waiting]


def _now(row: Found, beside: Around, people: list[Person], joining: list[Joining]) -> RoomView:
    room, conversation = row.room, row.conversation
    return RoomView(
        id=room.id,
        creator_id=conversation.creator_id,
        created_at=room.created_at,
        is_active=room.state == "active",
        state=room.state,
        founder_device_id=room.founder_device_id,
        generation=conversation.generation,
        epoch=conversation.epoch,
        seq=conversation.seq,
        chain_0=conversation.chain_0,
        chain=conversation.chain,
        policy=room.policy,
        profile_hash=room.profile_hash,
        ml_kem_keys=beside.contributions.get(room.id, []),
        people=_people(room.policy, people),
        members=beside.members.get(room.id, []),
        lost=beside.lost.get(room.id, []),
        joining=joining,
        left=False,
        last_message_at=conversation.last_entry_at,
        my_read_seq=row.read_seq,
        unread=beside.unread.get(room.id, 0),
        delivered=beside.delivered.get(room.id, []),
        seen=beside.seen.get(room.id, []),
    )


def _then(row: Found, beside: Around, last: LogEntry) -> RoomView:
    """For who left, with that row: nothing of what came after it."""
    room, conversation = row.room, row.conversation
    return RoomView(
        id=room.id,
        creator_id=conversation.creator_id,
        created_at=room.created_at,
        is_active=False,
        state="active",
        founder_device_id=room.founder_device_id,
        generation=last.generation,
        epoch=last.epoch,
        seq=last.seq,
        chain_0=conversation.chain_0,
        chain=last.chain,
        policy=None,
        profile_hash=None,
        ml_kem_keys=[],
        people=[],
        members=[],
        lost=[],
        joining=[],
        left=True,
        last_message_at=last.timestamp,
        my_read_seq=row.read_seq,
        unread=beside.unread.get(room.id, 0),
        delivered=[],
        seen=[],
    )


def _people(policy: bytes | None, people: list[Person]) -> list[RoomPerson]:
    if policy is None:
        return []
    known = decode_policy(policy)
    return [RoomPerson(id=each.id, username=each.username, role=_ROLES[known.role(each.id)]) for each in people]
