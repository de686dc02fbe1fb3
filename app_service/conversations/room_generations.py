"""What a room's next generation continues: the room of the last epoch that its members followed (PROTOCOL.md 9.3).

Promises: whatever commits behind that epoch said to change is undone, for nobody followed them; a statement is taken
only with exactly this room, without who left, and with whoever has no device in the new group as away.
Does not: know whether that epoch was the last good one. Members judge it by the one they reached.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import authenticated_data, repository
from app_service.conversations.authenticated_data import CommitDetails, Leaf, RoomChange
from app_service.conversations.entries import Head
from app_service.conversations.generation_statement import GenerationStatement
from app_service.conversations.mls_header import parse_private_message
from app_service.conversations.proposals import Proposal
from app_service.conversations.refusals import bad_generation
from app_service.conversations.roles import NotAllowed, accounts_of, check_room
from app_service.conversations.room_commits import RoomAfter
from app_service.conversations.room_policy import Policy, decode_policy, encode_policy
from app_service.models import Commit, LogEntry, Participant, Room
from shared.encoding import Label, fields


class Continued(NamedTuple):
    """A room at the end of an epoch; `left` are those who said by then that they go."""

    leaves: frozenset[Leaf]
    policy: Policy
    profile_hash: bytes
    left: frozenset[UUID]

    @property
    def members(self) -> frozenset[UUID]:
        return (accounts_of(self.leaves) | self.policy.away) - self.left


async def continued(session: AsyncSession, head: Head, epoch: int) -> Continued:
    """The room as it was in this epoch of the present generation; 422 `bad_generation` when there was none."""
    leaves = await repository.leaves(session, head.conversation_id)
    policy, profile_hash = await _present(session, head)
    undone_from = head.seq + 1
    for entry, commit in await _commits_behind(session, head, epoch):
        details = _details(entry)
        undone_from = entry.seq
        leaves = (leaves | frozenset(details.removed)) - frozenset(details.added)
        policy = commit.policy_before or policy
        profile_hash = commit.profile_hash_before or profile_hash
    if not 0 < epoch <= head.epoch or policy is None or profile_hash is None:
        raise bad_generation("The statement names an epoch that there was not.")
    return Continued(leaves, decode_policy(policy), profile_hash, await _left_before(session, head, undone_from))


def judge_continued(
    before: Continued, statement: GenerationStatement, founding: Proposal, participants: frozenset[UUID]
) -> RoomAfter:
    """The room that the statement leads to; raises unless it is the one before, but for who cannot come along."""
    members = before.members - accounts_of(statement.left_out)
    present = accounts_of(statement.roster)
    moderators = before.policy.moderators & members
    policy = before.policy._replace(moderators=moderators, away=members - present)
    change = founding.details.room
    continues = (
        change is not None
        and change == RoomChange(policy, before.profile_hash, frozenset(), ())
        and statement.state == room_hash(policy, before.profile_hash)
    )
    if not continues or not present <= members:
        raise bad_generation("The statement continues another room.")
    try:
        check_room(policy, present)
    except NotAllowed as refusal:
        raise bad_generation("The room would not be whole.") from refusal
    return RoomAfter(policy, members - participants, participants - members, anew=True)


def room_hash(policy: Policy, profile_hash: bytes) -> bytes:
    """What a statement says of the room that it continues: the hash of the founding commit's change."""
    return hashlib.sha256(fields(Label.ROOM_CHANGE, encode_policy(policy), profile_hash, [], [])).digest()


async def _present(session: AsyncSession, head: Head) -> tuple[bytes | None, bytes | None]:
    query = select(Room.policy, Room.profile_hash).where(Room.id == head.conversation_id)
    policy, profile_hash = (await session.execute(query)).one()
    return policy, profile_hash


async def _commits_behind(session: AsyncSession, head: Head, epoch: int) -> list[tuple[LogEntry, Commit]]:
    """This generation's commits from the one that ended the epoch on, newest first."""
    query = (
        select(LogEntry, Commit)
        .join(Commit, and_(Commit.conversation_id == LogEntry.conversation_id, Commit.seq == LogEntry.seq))
        .where(
            LogEntry.conversation_id == head.conversation_id,
            LogEntry.generation == head.generation,
            LogEntry.epoch >= epoch,
            LogEntry.kind == "commit",
        )
        .order_by(LogEntry.seq.desc())
    )
    return [(entry, commit) for entry, commit in await session.execute(query)]


def _details(entry: LogEntry) -> CommitDetails:
    if entry.content is None:
        raise bad_generation("The commit is too old to be undone.")
    header = parse_private_message(entry.content)
    return authenticated_data.decode_commit(authenticated_data.decode(header.authenticated_data).details)


async def _left_before(session: AsyncSession, head: Head, seq: int) -> frozenset[UUID]:
    last = and_(LogEntry.conversation_id == Participant.conversation_id, LogEntry.seq == Participant.left_seq)
    query = (
        select(Participant.user_id)
        .join(LogEntry, last)
        .where(Participant.conversation_id == head.conversation_id, LogEntry.kind == "leave", LogEntry.seq < seq)
    )
    return frozenset(await session.scalars(query))
