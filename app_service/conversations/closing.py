"""The last message of a log: a member's *terminate* (PROTOCOL.md 6.8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository, statements
from app_service.conversations.append import epoch_refusal
from app_service.conversations.entries import Ack, Author, Entry, Head, Row, ack_of, decode_content, extend, parse_entry
from app_service.conversations.refusals import bad_message, not_active, not_found, not_in_group
from app_service.conversations.writer import LogWriter
from app_service.db import Database, Unit
from app_service.models import Conversation
from app_service.models.base import now, to_milliseconds
from app_service.realtime.events import DomainEvent, Events


@dataclass(frozen=True)
class LogClosed(DomainEvent):
    """A member ended the log with its last message."""

    conversation_id: UUID


@dataclass(frozen=True, repr=False)
class ClosingService:
    database: Database
    writer: LogWriter
    events: Events
    appended: Callable[[Sequence[Row]], None]

    async def close(self, author: Author, conversation_id: UUID, client_id: UUID, epoch: int, message: str) -> Ack:
        """Append the last message. People who are not connected any more, or blocked, can still end a conversation."""
        entry = parse_entry(author, conversation_id, client_id, "terminate", decode_content(message))
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
            row = await _append(unit, entry)
            await self.events.publish(unit, LogClosed(entry.conversation_id))
            unit.after_commit(lambda: self.appended([row]))
            return ack_of(row)


async def _append(unit: Unit, entry: Entry) -> Row:
    head, tag = await _judge(unit.session, entry)
    moment = now()
    row = extend(head, entry, tag, moment, to_milliseconds(moment))
    await unit.session.run_sync(lambda sync: statements.insert_rows(sync.connection(), [row]))
    await unit.session.execute(
        update(Conversation)
        .where(Conversation.id == entry.conversation_id)
        .values(open=False, seq=head.seq, chain=head.chain, last_entry_at=moment)
        .execution_options(synchronize_session=False)
    )
    return row


async def _judge(session: AsyncSession, entry: Entry) -> tuple[Head, bytes]:
    """The locked head and the author's sender tag; raises the refusal, if there is one."""
    log_id = entry.conversation_id
    heads = await session.run_sync(lambda sync: statements.heads(sync.connection(), [log_id], lock=True))
    if log_id not in heads or entry.author.user_id not in await repository.participants(session, log_id):
        raise not_found()
    head = heads[log_id].head
    if not head.open:
        raise not_active()
    rosters = await session.run_sync(lambda sync: statements.rosters(sync.connection(), [log_id]))
    tag = rosters.get(log_id, {}).get(entry.author.device_id)
    if tag is None:
        raise not_in_group()
    before = {(log_id, entry.generation, entry.epoch)}
    quiet = await session.run_sync(lambda sync: statements.quiet_commits(sync.connection(), before))
    refusal = epoch_refusal(entry, head, previous_is_quiet=bool(quiet))
    if refusal is not None:
        raise refusal
    return head, tag
