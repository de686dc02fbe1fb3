"""The statements of the log's writer. They run inside a transaction that the caller holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy import Connection as Transaction
from sqlalchemy import Row as Record

from app_service.conversations.entries import Ack, ConversationKind, Head, NotaryReceipt, Row
from app_service.conversations.room_policy import decode_policy
from app_service.db import ManyRows
from app_service.models import (
    Attachment,
    Block,
    Commit,
    Connection,
    Conversation,
    LogEntry,
    Member,
    Participant,
    Room,
    Session,
)


class Standing(NamedTuple):
    """A head, and whether the two people of a session may write to each other; of a room always."""

    head: Head
    kind: ConversationKind
    connected: bool
    blocked: bool

    @property
    def writable(self) -> bool:
        return self.head.open and self.connected and not self.blocked


class Seat(NamedTuple):
    """A device in a group: its sender tag, and whether its person may post."""

    sender_tag: bytes
    posts: bool


_CONNECTED = or_(
    Session.id.is_(None),
    exists().where(
        Connection.low_user_id == Session.low_user_id,
        Connection.high_user_id == Session.high_user_id,
        Connection.state == "connected",
    ),
)
_BLOCKED = exists().where(
    or_(
        and_(Block.user_id == Session.low_user_id, Block.blocked_id == Session.high_user_id),
        and_(Block.user_id == Session.high_user_id, Block.blocked_id == Session.low_user_id),
    )
)
# In the order of ids, so that two writers never wait for each other.
_HEADS = (
    select(
        Conversation.id,
        Conversation.open,
        Conversation.generation,
        Conversation.epoch,
        Conversation.seq,
        Conversation.chain,
        Conversation.timer,
        Conversation.kind,
        _CONNECTED,
        _BLOCKED,
    )
    .outerjoin(Session, Session.id == Conversation.id)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .order_by(Conversation.id)
)
_LOCKED_HEADS = _HEADS.with_for_update(of=Conversation)
_ROSTERS = (
    select(Member.conversation_id, Member.device_id, Member.user_id, Member.sender_tag)
    .join(
        Participant,
        and_(Participant.conversation_id == Member.conversation_id, Participant.user_id == Member.user_id),
    )
    .where(
        Member.conversation_id.in_(bindparam("ids", expanding=True)),
        Member.removed_seq.is_(None),
        Participant.left_seq.is_(None),
    )
)
_POLICIES = select(Room.id, Room.policy).where(Room.id.in_(bindparam("ids", expanding=True)), Room.policy.is_not(None))
_COLUMNS = (
    "conversation_id",
    "seq",
    "generation",
    "epoch",
    "kind",
    "sender_id",
    "sender_device_id",
    "sender_tag",
    "client_id",
    "timestamp",
    "body_hash",
    "chain",
    "content",
    "signature_falcon",
    "signature_ecdsa",
    "receipt",
    "receipt_signature",
    "expires_at",
)
_ROWS = ManyRows(LogEntry.__table__, _COLUMNS)  # type: ignore[arg-type]  # a mapped table is a Table
_MOVE = (
    update(Conversation.__table__)  # type: ignore[arg-type]  # a mapped table is a Table
    .where(
        Conversation.id == bindparam("head_id"),
        Conversation.chain == bindparam("head_before"),
        Conversation.open,
        or_(Conversation.kind == "room", exists().where(Session.id == Conversation.id, _CONNECTED, ~_BLOCKED)),
    )
    .values(seq=bindparam("head_seq"), chain=bindparam("head_chain"), last_entry_at=bindparam("head_time"))
)


def heads(transaction: Transaction, conversation_ids: Sequence[UUID], *, lock: bool) -> dict[UUID, Standing]:
    """Heads of conversations; with `lock`, nobody else moves them until the transaction ends."""
    found = transaction.execute(_LOCKED_HEADS if lock else _HEADS, {"ids": conversation_ids})
    standings: dict[UUID, Standing] = {}
    for each in found:
        kind: ConversationKind = "room" if each[7] == "room" else "session"
        standings[each[0]] = Standing(Head(*each[:7]), kind, bool(each[8]), bool(each[9]))
    return standings


def rosters(transaction: Transaction, conversation_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Seat]]:
    """The devices that are in these groups now, but for those whose people have left."""
    found: defaultdict[UUID, dict[UUID, Seat]] = defaultdict(dict)
    ids = {"ids": conversation_ids}
    policies = {each[0]: decode_policy(each[1]) for each in transaction.execute(_POLICIES, ids) if each[1] is not None}
    for conversation_id, device_id, user_id, sender_tag in transaction.execute(_ROSTERS, ids):
        policy = policies.get(conversation_id)
        posts = policy is None or policy.role(user_id) >= policy.settings.post
        found[conversation_id][device_id] = Seat(sender_tag, posts)
    return dict(found)


def quiet_commits(transaction: Transaction, epochs: Iterable[tuple[UUID, int, int]]) -> set[UUID]:
    """Which of these (conversation, generation, epoch) ended with a commit that added and removed nobody."""
    ended = tuple_(LogEntry.conversation_id, LogEntry.generation, LogEntry.epoch)
    query = (
        select(LogEntry.conversation_id)
        .join(Commit, and_(Commit.conversation_id == LogEntry.conversation_id, Commit.seq == LogEntry.seq))
        .where(LogEntry.kind == "commit", ended.in_(list(epochs)), Commit.membership_changed.is_(False))
    )
    return set(transaction.scalars(query))


def first_answers(transaction: Transaction, keys: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Ack]:
    """Acks of rows that these (device, client id) already have."""
    wanted = list(keys)
    found = transaction.execute(
        select(LogEntry.__table__, _previous_chain())
        .join(Conversation, Conversation.id == LogEntry.conversation_id)
        .where(tuple_(LogEntry.sender_device_id, LogEntry.client_id).in_(wanted))
    )
    return {(each.sender_device_id, each.client_id): _ack(each) for each in found}


def _previous_chain() -> ColumnElement[bytes]:
    before = LogEntry.__table__.alias("before")
    chain = (
        select(before.c.chain)
        .where(before.c.conversation_id == LogEntry.conversation_id, before.c.seq == LogEntry.seq - 1)
        .scalar_subquery()
    )
    return func.coalesce(chain, Conversation.chain_0).label("previous_chain")


def _ack(each: Record[Any]) -> Ack:
    return Ack(
        each.conversation_id,
        each.client_id,
        each.seq,
        each.previous_chain,
        each.chain,
        each.timestamp,
        each.generation,
        each.epoch,
        None if each.receipt is None else NotaryReceipt(each.receipt, each.receipt_signature),
    )


def participants(transaction: Transaction, pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Which of these (conversation, account) belong together."""
    query = select(Participant.conversation_id, Participant.user_id).where(
        tuple_(Participant.conversation_id, Participant.user_id).in_(list(pairs))
    )
    return {(each[0], each[1]) for each in transaction.execute(query)}


def insert_rows(transaction: Transaction, rows: Sequence[Row]) -> None:
    _ROWS.insert(transaction, map(_values, rows))


def _values(row: Row) -> tuple[object, ...]:
    """In the order of `_COLUMNS`."""
    signature, receipt = row.signature, row.receipt
    return (
        row.conversation_id,
        row.seq,
        row.generation,
        row.epoch,
        row.kind,
        row.sender_id,
        row.sender_device_id,
        row.sender_tag,
        row.client_id,
        row.timestamp,
        row.body_hash,
        row.chain,
        row.content,
        signature and signature.falcon,
        signature and signature.ecdsa,
        receipt and receipt.statement,
        receipt and receipt.signature,
        row.expires_at,
    )


def own_files(transaction: Transaction, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """Conversation and uploader of these files, of those that are complete; nobody removes them meanwhile."""
    query = select(Attachment.id, Attachment.conversation_id, Attachment.uploader_id)
    complete = query.where(Attachment.id.in_(list(ids)), Attachment.completed_at.is_not(None))
    found = transaction.execute(complete.order_by(Attachment.id).with_for_update())
    return {each[0]: (each[1], each[2]) for each in found}


def keep_files(transaction: Transaction, until: Mapping[UUID, datetime | None]) -> None:
    """A message speaks of them now; they go with the first one that does."""
    for moment, files in _by_moment(until).items():
        fresh = (Attachment.id.in_(files), Attachment.sent.is_(False))
        transaction.execute(update(Attachment).where(*fresh).values(sent=True, expires_at=moment))


def _by_moment(until: Mapping[UUID, datetime | None]) -> dict[datetime | None, list[UUID]]:
    found: defaultdict[datetime | None, list[UUID]] = defaultdict(list)
    for file, moment in until.items():
        found[moment].append(file)
    return dict(found)


def move_heads(transaction: Transaction, moved: Sequence[tuple[bytes, Head]], moment: datetime) -> bool:
    """Move each head, in the order of ids, from the chain value that it had; false unless all stood there, writable."""
    done = transaction.execute(
        _MOVE,
        [
            {
                "head_id": head.conversation_id,
                "head_before": before,
                "head_seq": head.seq,
                "head_chain": head.chain,
                "head_time": moment,
            }
            for before, head in moved
        ],
    )
    return done.rowcount == len(moved)
