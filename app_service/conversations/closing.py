"""The last message of a log, or of a person in it: a member's *terminate* or *leave* (PROTOCOL.md 6.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository, statements
from app_service.conversations.append import epoch_refusal
from app_service.conversations.entries import (
    Ack,
    Author,
    ConversationKind,
    Entry,
    Head,
    Row,
    ack_of,
    decode_content,
    extend,
    parse_entry,
)
from app_service.conversations.refusals import bad_message, not_active, not_allowed, not_found, not_in_group
from app_service.conversations.room_commits import policy_of
from app_service.conversations.room_policy import Role
from app_service.conversations.statements import Standing
from app_service.conversations.writer import LogWriter
from app_service.db import Database, Unit
from app_service.models import Conversation, Participant
from app_service.models.base import now, to_milliseconds
from app_service.realtime.events import DomainEvent, Events

LastKind = Literal["terminate", "leave"]


@dataclass(frozen=True)
class LogClosed(DomainEvent):
    """A member ended the log with its last message."""

    conversation_id: UUID
    kind: ConversationKind


@dataclass(frozen=True)
class MemberLeft(DomainEvent):
    """A person said that they leave; other members take their devices out of the group."""

    conversation_id: UUID
    user_id: UUID


@dataclass(frozen=True, repr=False)
class ClosingService:
    database: Database
    writer: LogWriter
    events: Events
    appended: Callable[[Sequence[Row]], None]

    async def close(self, author: Author, conversation_id: UUID, client_id: UUID, epoch: int, message: str) -> Ack:
        """Append the last message. People who are not connected any more, or blocked, can still end a conversation."""
        return await self._append(author, conversation_id, client_id, epoch, message, "terminate")

    async def leave(self, author: Author, room_id: UUID, client_id: UUID, epoch: int, message: str) -> Ack:
        """Append a person's last message in a room. For them the log ends there."""
        return await self._append(author, room_id, client_id, epoch, message, "leave")

    async def _append(
        self, author: Author, conversation_id: UUID, client_id: UUID, epoch: int, message: str, kind: LastKind
    ) -> Ack:
        entry = parse_entry(author, conversation_id, client_id, kind, decode_content(message))
        if entry.epoch != epoch:
            raise bad_message()
        return await self.writer.alone(lambda: self._write(entry))

    async def _write(self, entry: Entry) -> Ack:
        key = (entry.author.device_id, entry.client_id)
        async with self.database.write() as unit:
            await repository.lock_accounts(unit.session, entry.conversation_id)
            answers = await unit.session.run_sync(lambda sync: statements.first_answers(sync.connection(), [key]))
            if key in answers:
                return answers[key]
            standing, sender_tag = await _judge(unit.session, entry)
            row = await _append(unit, entry, standing.head, sender_tag)
            await self.events.publish(unit, _told(entry, standing))
            unit.after_commit(lambda: self.appended([row]))
            return ack_of(row)


def _told(entry: Entry, standing: Standing) -> DomainEvent:
    if entry.kind == "leave":
        return MemberLeft(entry.conversation_id, entry.author.user_id)
    return LogClosed(entry.conversation_id, standing.kind)


async def _append(unit: Unit, entry: Entry, head: Head, sender_tag: bytes) -> Row:
    moment = now()
    row = extend(head, entry, sender_tag, moment, to_milliseconds(moment))
    await unit.session.run_sync(lambda sync: statements.insert_rows(sync.connection(), [row]))
    await unit.session.execute(
        update(Conversation)
        .where(Conversation.id == entry.conversation_id)
        .values(open=entry.kind == "leave", seq=head.seq, chain=head.chain, last_entry_at=moment)
        .execution_options(synchronize_session=False)
    )
    if entry.kind == "leave":
        await _part(unit.session, row)
    return row


async def _part(session: AsyncSession, row: Row) -> None:
    own = (Participant.conversation_id == row.conversation_id, Participant.user_id == row.sender_id)
    await session.execute(update(Participant).where(*own).values(left_seq=row.seq))


async def _judge(session: AsyncSession, entry: Entry) -> tuple[Standing, bytes]:
    """The locked head and the author's sender tag; raises the refusal, if there is one."""
    log_id = entry.conversation_id
    heads = await session.run_sync(lambda sync: statements.heads(sync.connection(), [log_id], lock=True))
    if log_id not in heads or entry.author.user_id not in await repository.participants(session, log_id):
        raise not_found()
    head = heads[log_id].head
    if not head.open:
        raise not_active()
    rosters = await session.run_sync(lambda sync: statements.rosters(sync.connection(), [log_id]))
    seat = rosters.get(log_id, {}).get(entry.author.device_id)
    if seat is None:
        raise not_in_group()
    await _check_role(session, entry)
    before = {(log_id, entry.generation, entry.epoch)}
    quiet = await session.run_sync(lambda sync: statements.quiet_commits(sync.connection(), before))
    refusal = epoch_refusal(entry, head, previous_is_quiet=bool(quiet))
    if refusal is not None:
        raise refusal
    return heads[log_id], seat.sender_tag


async def _check_role(session: AsyncSession, entry: Entry) -> None:
    """Only the owner ends a room, and nobody else may not leave it. A session has no roles, and nobody to stay."""
    policy = await policy_of(session, entry.conversation_id)
    if policy is None:
        if entry.kind == "leave":
            raise not_found()
        return
    owns = policy.role(entry.author.user_id) is Role.OWNER
    if entry.kind == "terminate" and not owns:
        raise not_allowed("delete")
    if entry.kind == "leave" and owns:
        raise not_allowed("owner_leaves")
