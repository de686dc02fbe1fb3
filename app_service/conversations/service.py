"""Messages and read marks of one account's conversations."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app_service.conversations import repository, statements
from app_service.conversations.entries import Ack, Author, Entry, decode_content, parse_entry
from app_service.conversations.refusals import not_found
from app_service.conversations.schemas import MessageSend
from app_service.conversations.writer import LogWriter, Resolve
from app_service.db import Database, Unit
from app_service.rate_limits import RateLimits
from app_service.realtime.events import Events
from shared.errors import ApiError, Malformed


@dataclass(frozen=True, repr=False)
class MessageService:
    database: Database
    writer: LogWriter
    limits: RateLimits

    async def send(self, author: Author, message: MessageSend) -> Ack:
        """Append a message; raises its refusal."""
        entry = await self._entry(author, message.conversation_id, message.client_id, message.content)
        return entry if isinstance(entry, Ack) else await self.writer.append(entry)

    async def submit(
        self, author: Author, conversation_id: UUID, client_id: UUID, content: str, resolve: Resolve
    ) -> None:
        """The same for a socket, which goes on reading: `resolve` gets ack or refusal."""
        try:
            entry = await self._entry(author, conversation_id, client_id, content)
            if isinstance(entry, Ack):
                resolve(entry)
            else:
                self.writer.submit(entry, resolve)
        except ApiError as refusal:
            resolve(refusal)

    async def _entry(self, author: Author, conversation_id: UUID, client_id: UUID, content: str) -> Entry | Ack:
        """The entry, or the first answer of an id that was used before, whatever its bytes are now (P5.4)."""
        self.limits.message(author.device_id)
        try:
            return parse_entry(author, conversation_id, client_id, "message", decode_content(content))
        except ApiError:
            first = await self._first_answer(author, client_id)
            if first is None:
                raise
            return first

    async def _first_answer(self, author: Author, client_id: UUID) -> Ack | None:
        key = (author.device_id, client_id)
        async with self.database.read() as session:
            answers = await session.run_sync(lambda sync: statements.first_answers(sync.connection(), [key]))
        return answers.get(key)


async def mark_read(unit: Unit, events: Events, user_id: UUID, conversation_id: UUID, seq: int) -> None:
    """The account has read up to `seq`; never moves back."""
    mark = await repository.read_mark(unit.session, user_id, conversation_id)
    if mark is None:
        raise not_found()
    if seq > await repository.head_seq(unit.session, conversation_id):
        raise Malformed("malformed", "There is no such row yet.")
    if seq <= mark.read_seq:
        return
    mark.read_seq = seq
    await events.record(unit, "read", {user_id: {"conversation_id": str(conversation_id), "seq": seq}})
