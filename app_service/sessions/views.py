"""Sessions as their people see them: a fixed number of queries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts.repository import usernames
from app_service.conversations.overview import Around, around
from app_service.sessions import repository
from app_service.sessions.repository import Found
from app_service.sessions.schemas import SessionPeer, SessionView


async def views(session: AsyncSession, user_id: UUID, session_ids: Collection[UUID] | None = None) -> list[SessionView]:
    """The account's sessions, newest first; of `session_ids` only when given."""
    rows = await repository.found(session, user_id, session_ids)
    if not rows:
        return []
    people = {person for row in rows for person in (row.session.user1_id, row.session.user2_id)}
    names, ready = await usernames(session, people), await repository.with_device(session, people)
    beside = await around(session, user_id, [row.session.id for row in rows])
    return [_view(row, user_id, beside, names, ready) for row in rows]


def _view(row: Found, user_id: UUID, beside: Around, names: dict[UUID, str], ready: set[UUID]) -> SessionView:
    session, conversation = row.session, row.conversation
    people = (session.user1_id, session.user2_id)
    peer = people[1] if people[0] == user_id else people[0]
    waits = session.state in ("waiting_for_devices", "establishing")
    return SessionView(
        id=session.id,
        user1_id=session.user1_id,
        user2_id=session.user2_id,
        peer=SessionPeer(id=peer, username=names[peer]),
        created_at=session.created_at,
        is_active=session.state == "active",
        state=session.state,
        waiting_for=[person for person in people if waits and person not in ready],
        accepted_by=session.accepted_by,
        founder_device_id=session.founder_device_id,
        generation=conversation.generation,
        epoch=conversation.epoch,
        seq=conversation.seq,
        chain_0=conversation.chain_0,
        chain=conversation.chain,
        ml_kem_keys=beside.contributions.get(session.id, []),
        members=beside.members.get(session.id, []),
        lost=beside.lost.get(session.id, []),
        last_message_at=conversation.last_entry_at,
        my_read_seq=row.read_seq,
        unread=beside.unread.get(session.id, 0),
        delivered=beside.delivered.get(session.id, []),
        seen=beside.seen.get(session.id, []),
        closed_by=session.closed_by,
    )
