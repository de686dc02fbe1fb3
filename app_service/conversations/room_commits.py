"""Commits of rooms: judged by the room's policy of the epoch before, and what they change of it (PROTOCOL.md 10.1).

Promises: a commit is stored only if the rules of `roles.py` allow it by the server's copy of the policy, and whoever it
adds is a member already, connected with its author, or asked to come in by a link in these very words; policy, people
and log change in one transaction.
Does not: see names and topics, or verify evidence. Members do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository
from app_service.conversations.authenticated_data import Admission, Leaf, RoomChange
from app_service.conversations.entries import Author, Row
from app_service.conversations.proposals import Proposal
from app_service.conversations.refusals import bad_commit, bad_room, not_allowed, not_found
from app_service.conversations.roles import NotAllowed, RoomCommit, accounts_of, check_commit, check_room
from app_service.conversations.room_policy import Policy, Settings, decode_policy, encode_policy
from app_service.models import Commit, Conversation, Device, JoinRequest, LostDevice, Participant, Room
from app_service.models.base import to_milliseconds


class RoomAfter(NamedTuple):
    """A room behind a commit: its policy, and who came and went."""

    policy: Policy
    joined: frozenset[UUID]
    gone: frozenset[UUID]
    admitted: frozenset[UUID] = frozenset()
    """Of those who joined, who came by a link."""
    revoked: frozenset[UUID] = frozenset()
    """Links that are none any more."""
    anew: bool = False
    """Another group: what was signed for the one before does not fit it."""


async def policy_of(session: AsyncSession, conversation_id: UUID) -> Policy | None:
    """The policy of a room that has a group; None for every other conversation."""
    found = await session.scalar(select(Room.policy).where(Room.id == conversation_id))
    return None if found is None else decode_policy(found)


async def accounts_for(session: AsyncSession, conversation_id: UUID, author: Author, named: set[UUID]) -> set[UUID]:
    """Those of these whose devices the author may add: members, who is connected with the author, who asked to join."""
    members = await repository.participants(session, conversation_id)
    asking = select(JoinRequest.user_id).where(JoinRequest.room_id == conversation_id, JoinRequest.user_id.in_(named))
    connected = await repository.connected_with(session, author.user_id, named - members)
    return (named & members) | connected | set(await session.scalars(asking))


async def judge_room(session: AsyncSession, proposal: Proposal, leaves: frozenset[Leaf], moment: datetime) -> RoomAfter:
    """What the commit, in a row of that time, makes of the room; raises what the policy forbids."""
    if proposal.details.session is not None:
        raise bad_commit("A room has a state of its own.")
    try:
        if proposal.founds:
            return await _judge_founding(session, proposal)
        return await _judge_change(session, proposal, leaves, moment)
    except NotAllowed as refusal:
        raise bad_room() if refusal.missing == "bad_room" else not_allowed(refusal.missing) from refusal


async def _judge_founding(session: AsyncSession, proposal: Proposal) -> RoomAfter:
    author, change = proposal.entry.author, proposal.details.room
    conversation = await session.get_one(Conversation, proposal.entry.conversation_id)
    if conversation.creator_id != author.user_id:
        raise not_found()
    if change is None or change.policy is None or change.profile_hash is None or change.evidence or change.admissions:
        raise bad_commit("A room begins with its whole state.")
    policy = change.policy
    if policy != Policy(author.user_id, settings=Settings(*policy.settings)):
        raise bad_room()
    check_room(policy, frozenset({author.user_id}))
    return RoomAfter(policy, frozenset(), frozenset())


async def _judge_change(
    session: AsyncSession, proposal: Proposal, leaves: frozenset[Leaf], moment: datetime
) -> RoomAfter:
    conversation_id, details = proposal.entry.conversation_id, proposal.details
    before = await policy_of(session, conversation_id)
    if before is None:
        raise not_found()
    change = details.room
    commit = RoomCommit(
        actor=proposal.entry.author.user_id,
        leaves=leaves,
        added=frozenset(details.added),
        removed=frozenset(details.removed),
        excused=frozenset() if change is None else await _excused(session, conversation_id, change.evidence),
        left=await repository.left(session, conversation_id) & accounts_of(leaves),
        policy=None if change is None else change.policy,
        changes_profile=change is not None and change.profile_hash is not None,
        admitted={} if change is None else await _admitted(session, conversation_id, change.admissions),
        time=to_milliseconds(moment),
    )
    policy = check_commit(before, commit)
    members = accounts_of(leaves) | before.away
    members_after = accounts_of((leaves | commit.added) - commit.removed) | policy.away
    revoked = {link.id for link in before.invitations} - {link.id for link in policy.invitations}
    return RoomAfter(
        policy,
        members_after - members,
        members - members_after,
        frozenset(commit.admitted),
        frozenset(revoked),
    )


async def _admitted(session: AsyncSession, conversation_id: UUID, admissions: Iterable[Admission]) -> dict[UUID, UUID]:
    """Who is admitted by which link; only who asked for it, in these words, and waits."""
    said = {each.asks.user_id: each for each in admissions}
    query = select(JoinRequest).where(
        JoinRequest.room_id == conversation_id, JoinRequest.user_id.in_(said), JoinRequest.declined.is_(False)
    )
    asked = {request.user_id: request.statement for request in await session.scalars(query)}
    if any(asked.get(user_id) != each.statement for user_id, each in said.items()):
        raise NotAllowed("link")
    return {user_id: each.asks.link_id for user_id, each in said.items()}


async def _excused(session: AsyncSession, conversation_id: UUID, named: frozenset[UUID]) -> frozenset[UUID]:
    """Those of the devices that the commit brings evidence for which are lost or revoked as far as is known here."""
    lost = select(LostDevice.device_id).where(LostDevice.conversation_id == conversation_id)
    query = select(Device.id).where(Device.id.in_(named), or_(Device.revoked_at.is_not(None), Device.id.in_(lost)))
    return frozenset(await session.scalars(query))


async def _keep_before(session: AsyncSession, row: Row, change: RoomChange) -> None:
    room = (Room.id == row.conversation_id,)
    policy = select(Room.policy).where(*room).scalar_subquery() if change.policy is not None else None
    profile_hash = select(Room.profile_hash).where(*room).scalar_subquery() if change.profile_hash is not None else None
    await session.flush()
    await session.execute(
        update(Commit)
        .where(Commit.conversation_id == row.conversation_id, Commit.seq == row.seq)
        .values(policy_before=policy, profile_hash_before=profile_hash)
        .execution_options(synchronize_session=False)
    )


async def store_room(session: AsyncSession, proposal: Proposal, row: Row, after: RoomAfter) -> None:
    """The server's copy of the policy, and whose conversation it is from now on."""
    change = proposal.details.room
    if change is not None:
        await _keep_before(session, row, change)
        values: dict[str, bytes] = {"policy": encode_policy(after.policy)}
        if change.profile_hash is not None:
            values["profile_hash"] = change.profile_hash
        await session.execute(update(Room).where(Room.id == row.conversation_id).values(values))
        lasting = update(Conversation).where(Conversation.id == row.conversation_id)
        timer = after.policy.settings.timer
        await session.execute(lasting.values(timer=timer).execution_options(synchronize_session=False))
    for user_id in after.joined:
        # What was written before is not for them, and does not count as unread.
        entering = Participant(conversation_id=row.conversation_id, user_id=user_id, read_seq=row.seq, left_seq=None)
        await session.merge(entering)
    await session.execute(
        update(Participant)
        .where(
            Participant.conversation_id == row.conversation_id,
            Participant.user_id.in_(after.gone),
            Participant.left_seq.is_(None),
        )
        .values(left_seq=row.seq)
    )
