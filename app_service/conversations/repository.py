"""What is read of conversations. Every read is scoped to an account or a device of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.entries import Author, ConversationKind, NotaryReceipt, Row, Signature
from app_service.conversations.refusals import not_found
from app_service.conversations.rows import CommitParts, View
from app_service.models import (
    Block,
    Commit,
    Connection,
    Conversation,
    LogEntry,
    Member,
    Participant,
    Room,
    Session,
    User,
    Welcome,
)
from app_service.models.base import now


@dataclass(frozen=True, slots=True)
class Log:
    """The head of a log, and what the asking device may read of it."""

    conversation_id: UUID
    open: bool
    generation: int
    epoch: int
    seq: int
    chain_0: bytes
    chain: bytes
    over: bool
    """The account has left, or was removed: for it the log ends at `seq`."""
    view: View


class Delivered(NamedTuple):
    conversation_id: UUID
    user_id: UUID
    seq: int


async def log_for(session: AsyncSession, author: Author, conversation_id: UUID) -> Log:
    """A log of one of the account's conversations; 404 `not_found` for all others."""
    found = (await session.execute(_logs(author).where(Conversation.id == conversation_id))).one_or_none()
    if found is None:
        raise not_found()
    return _log(*found, author)


async def logs_for(session: AsyncSession, author: Author) -> list[Log]:
    """All logs of the account."""
    return [_log(*found, author) for found in await session.execute(_logs(author))]


def _logs(author: Author) -> Select[Conversation, Member, LogEntry]:
    member = and_(Member.conversation_id == Conversation.id, Member.device_id == author.device_id)
    participant = and_(Participant.conversation_id == Conversation.id, Participant.user_id == author.user_id)
    last = and_(LogEntry.conversation_id == Conversation.id, LogEntry.seq == Participant.left_seq)
    return (
        select(Conversation, Member, LogEntry)
        .join(Participant, participant)
        .outerjoin(Member, member)
        .outerjoin(LogEntry, last)
        .execution_options(populate_existing=True)
    )


def _log(conversation: Conversation, member: Member | None, last: LogEntry | None, author: Author) -> Log:
    """`last` is the row with which the account left: for it the log ends there."""
    view = View(author.device_id)
    if member is not None:
        removed_seq = member.removed_seq if last is None else last.seq
        view = View(author.device_id, member.joined_seq, removed_seq)
    return Log(
        conversation.id,
        conversation.open and last is None,
        conversation.generation,
        conversation.epoch,
        conversation.seq if last is None else last.seq,
        conversation.chain_0,
        conversation.chain if last is None else last.chain,
        last is not None,
        view,
    )


async def rows_after(session: AsyncSession, log: Log, after: int, limit: int) -> list[Row]:
    """Up to `limit` rows behind `after`, ascending."""
    # One row more, in front, for the chain value that the first one continues.
    query = (
        _entries(log)
        .where(LogEntry.seq >= after, LogEntry.seq <= log.seq)
        .order_by(LogEntry.seq)
        .limit(limit + (after > 0))
    )
    return _linked(log, (await session.scalars(query)).all(), after)


async def rows_before(session: AsyncSession, log: Log, before: int, limit: int) -> list[Row]:
    """The last `limit` rows in front of `before`, ascending."""
    last = min(before - 1, log.seq)
    after = max(0, last - limit)
    return await rows_after(session, log, after, last - after) if last > after else []


def _entries(log: Log) -> Select[LogEntry]:
    return select(LogEntry).where(LogEntry.conversation_id == log.conversation_id)


def _linked(log: Log, entries: Sequence[LogEntry], after: int) -> list[Row]:
    previous, moment = log.chain_0, now()
    if after > 0 and entries:
        previous, entries = entries[0].chain, entries[1:]
    rows = []
    for entry in entries:
        rows.append(_row(entry, previous, moment))
        previous = entry.chain
    return rows


def _row(entry: LogEntry, previous_chain: bytes, moment: datetime) -> Row:
    """The row without its body from the moment on at which it disappears, whenever that is erased."""
    there = entry.expires_at is None or entry.expires_at > moment
    signature, receipt = entry.signature_falcon, entry.receipt
    return Row(
        entry.conversation_id,
        entry.seq,
        entry.generation,
        entry.epoch,
        entry.kind,
        entry.sender_id,
        entry.sender_device_id,
        entry.sender_tag,
        entry.client_id,
        entry.timestamp,
        entry.body_hash,
        previous_chain,
        entry.chain,
        entry.content if there else None,
        Signature(signature, entry.signature_ecdsa or b"") if there and signature is not None else None,
        NotaryReceipt(receipt, entry.receipt_signature or b"") if there and receipt is not None else None,
    )


async def chain_at(session: AsyncSession, log: Log, seq: int) -> bytes | None:
    """The chain value at a place of the log; None beyond its end."""
    if seq == 0:
        return log.chain_0
    return await session.scalar(
        select(LogEntry.chain).where(LogEntry.conversation_id == log.conversation_id, LogEntry.seq == seq)
    )


async def commit_parts(
    session: AsyncSession, conversation_id: UUID, view: View, rows: Sequence[Row]
) -> dict[int, CommitParts]:
    """Welcomes and contribution of the commits among these rows."""
    seqs = [row.seq for row in rows if row.kind == "commit"]
    if not seqs:
        return {}
    welcomes: defaultdict[int, list[bytes]] = defaultdict(list)
    joining = [seq for seq in seqs if view.joins(seq)]
    if joining:
        mine = (Welcome.conversation_id == conversation_id, Welcome.seq.in_(joining))
        query = select(Welcome.seq, Welcome.content).where(*mine).order_by(Welcome.position)
        for seq, content in await session.execute(query):
            welcomes[seq].append(content)
    commits = select(Commit).where(Commit.conversation_id == conversation_id, Commit.seq.in_(seqs))
    return {
        commit.seq: CommitParts(tuple(welcomes[commit.seq]), commit.transcript, commit.transcript_signature)
        for commit in await session.scalars(commits)
    }


async def participants(session: AsyncSession, conversation_id: UUID) -> set[UUID]:
    """The accounts whose conversation it is, without those who left."""
    query = select(Participant.user_id).where(
        Participant.conversation_id == conversation_id, Participant.left_seq.is_(None)
    )
    return set(await session.scalars(query))


async def left(session: AsyncSession, conversation_id: UUID) -> frozenset[UUID]:
    """The accounts that left or were removed."""
    query = select(Participant.user_id).where(
        Participant.conversation_id == conversation_id, Participant.left_seq.is_not(None)
    )
    return frozenset(await session.scalars(query))


async def read_mark(session: AsyncSession, user_id: UUID, conversation_id: UUID) -> Participant | None:
    """How far the account has read, locked."""
    query = select(Participant).where(Participant.conversation_id == conversation_id, Participant.user_id == user_id)
    return await session.scalar(query.with_for_update())


async def head_seq(session: AsyncSession, conversation_id: UUID) -> int:
    found = await session.scalar(select(Conversation.seq).where(Conversation.id == conversation_id))
    return found or 0


async def delivered(session: AsyncSession, conversation_ids: Collection[UUID]) -> list[Delivered]:
    """How far a device of each account has decrypted and stored each log."""
    query = (
        select(Member.conversation_id, Member.user_id, func.max(Member.delivered_seq))
        .where(Member.conversation_id.in_(conversation_ids), Member.delivered_seq > 0)
        .group_by(Member.conversation_id, Member.user_id)
        .order_by(Member.conversation_id, Member.user_id)
    )
    return [Delivered(*each) for each in await session.execute(query)]


async def seen(session: AsyncSession, conversation_ids: Collection[UUID]) -> list[Delivered]:
    """How far each account lets the others know that it has read."""
    query = (
        select(Participant.conversation_id, Participant.user_id, Participant.seen_seq)
        .where(
            Participant.conversation_id.in_(conversation_ids),
            Participant.seen_seq > 0,
            Participant.left_seq.is_(None),
        )
        .order_by(Participant.conversation_id, Participant.user_id)
    )
    return [Delivered(*each) for each in await session.execute(query)]


async def leaves(session: AsyncSession, conversation_id: UUID) -> frozenset[Leaf]:
    """The devices in the group."""
    query = select(Member.user_id, Member.device_id).where(
        Member.conversation_id == conversation_id, Member.removed_seq.is_(None)
    )
    return frozenset(Leaf(*each) for each in await session.execute(query))


async def state(session: AsyncSession, conversation_id: UUID) -> str | None:
    """`waiting_for_devices` (sessions only), `establishing`, `active` or `terminated`."""
    query = (
        select(func.coalesce(Session.state, Room.state))
        .select_from(Conversation)
        .outerjoin(Session, Session.id == Conversation.id)
        .outerjoin(Room, Room.id == Conversation.id)
        .where(Conversation.id == conversation_id)
    )
    return await session.scalar(query)


async def kind(session: AsyncSession, conversation_id: UUID) -> ConversationKind:
    found: ConversationKind = await session.scalar(select(Conversation.kind).where(Conversation.id == conversation_id))
    return found


async def connected_with(session: AsyncSession, user_id: UUID, others: Collection[UUID] | None = None) -> set[UUID]:
    """Who (among `others`, when given) is connected with the account, while neither blocks."""
    other = case((Connection.low_user_id == user_id, Connection.high_user_id), else_=Connection.low_user_id)
    block = exists().where(
        or_(
            and_(Block.user_id == user_id, Block.blocked_id == other),
            and_(Block.user_id == other, Block.blocked_id == user_id),
        )
    )
    query = select(other).where(
        or_(Connection.low_user_id == user_id, Connection.high_user_id == user_id),
        Connection.state == "connected",
        ~block,
    )
    if others is not None:
        query = query.where(other.in_(others))
    return set(await session.scalars(query))


async def lock_accounts(session: AsyncSession, conversation_id: UUID, also: Collection[UUID] = ()) -> set[UUID]:
    """The accounts of a conversation (and `also`), locked before its head: the order in which everybody takes them."""
    people = select(Participant.user_id).where(
        Participant.conversation_id == conversation_id, Participant.left_seq.is_(None)
    )
    of_it = or_(User.id.in_(people), User.id.in_(also))
    query = select(User.id).where(of_it).order_by(User.id).with_for_update()
    return set(await session.scalars(query))
