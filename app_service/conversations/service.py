"""Messages and read marks of one account's conversations."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app_service.conversations import repository, statements
from app_service.conversations.admission import Admission
from app_service.conversations.append import Outcome
from app_service.conversations.entries import Ack, Author, Entry, Signature, decode_content, parse_entry
from app_service.conversations.refusals import bad_message, bad_signature, not_found
from app_service.conversations.rows import frame
from app_service.conversations.schemas import MessageSend, ReadMark
from app_service.conversations.writer import LogWriter, Resolve
from app_service.db import Database, Unit
from app_service.rate_limits import RateLimits
from app_service.realtime.events import Events
from app_service.realtime.hub import Hub
from shared.errors import ApiError, Malformed


@dataclass(frozen=True, repr=False)
class MessageService:
    database: Database
    writer: LogWriter
    limits: RateLimits
    admission: Admission

    async def send(self, author: Author, message: MessageSend) -> Ack:
        """Append a message; raises its refusal."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        await self.submit(author, message, lambda outcome: None if future.done() else future.set_result(outcome))
        outcome = await future
        if isinstance(outcome, ApiError):
            raise outcome
        return outcome

    async def submit(self, author: Author, message: MessageSend, resolve: Resolve) -> None:
        """The same for a socket, which goes on reading: `resolve` gets ack or refusal."""
        try:
            entry = await self._entry(author, message)
            if isinstance(entry, Ack):
                resolve(entry)
            elif entry.signature is None:
                self.writer.submit(entry, resolve)
            else:
                self.admission.submit(entry, entry.signature, resolve)
        except ApiError as refusal:
            resolve(refusal)

    async def _entry(self, author: Author, message: MessageSend) -> Entry | Ack:
        """The entry, or the first answer of an id that was used before, whatever its bytes are now (P5.4)."""
        self.limits.message(author.device_id)
        try:
            entry = parse_entry(
                author,
                message.conversation_id,
                message.client_id,
                "message",
                decode_content(message.content),
                signature=_signature(message),
            )
            return entry._replace(attachments=tuple(message.attachments))
        except ApiError:
            first = await self._first_answer(author, message.client_id)
            if first is None:
                raise
            return first

    async def _first_answer(self, author: Author, client_id: UUID) -> Ack | None:
        key = (author.device_id, client_id)
        async with self.database.read() as session:
            answers = await session.run_sync(lambda sync: statements.first_answers(sync.connection(), [key]))
        return answers.get(key)


def _signature(message: MessageSend) -> Signature | None:
    """Critical messages have both halves, others neither."""
    falcon, ecdsa = message.signature_falcon, message.signature_ecdsa
    if message.message_type == "secured":
        if falcon is not None or ecdsa is not None:
            raise bad_message()
        return None
    if falcon is None or ecdsa is None:
        raise bad_signature("missing")
    return Signature(falcon, ecdsa)


async def mark_read(unit: Unit, events: Events, hub: Hub, user_id: UUID, conversation_id: UUID, read: ReadMark) -> None:
    """The account has read up to `read.seq`, and lets the others know if it says so; neither moves back."""
    seq = read.seq
    mark = await repository.read_mark(unit.session, user_id, conversation_id)
    if mark is None:
        raise not_found()
    if seq > await repository.head_seq(unit.session, conversation_id):
        raise Malformed("malformed", "There is no such row yet.")
    if seq > mark.read_seq:
        mark.read_seq = seq
        await events.record(unit, "read", {user_id: {"conversation_id": str(conversation_id), "seq": seq}})
    if read.shown and seq > mark.seen_seq and mark.left_seq is None:
        mark.seen_seq = seq
        told = frame("seen", {"conversation_id": str(conversation_id), "user_id": str(user_id), "seq": seq})
        unit.after_commit(lambda: hub.tell_followers(conversation_id, told))
