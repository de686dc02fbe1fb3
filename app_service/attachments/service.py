"""Files that people send: who may store and read them, and how much.

Promises: the server holds ciphertext and its size; a chunk is acknowledged once it is stored; a repeated call gets the
answer of the first; no transaction is open while bytes move; at most `MAX_CHUNKS_AT_ONCE` chunks are in memory.
Does not: know name, type or content of a file, or remember which message speaks of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.attachments import repository
from app_service.attachments.access import check_may_write
from app_service.attachments.blobs import Blobs
from app_service.attachments.refusals import (
    already_complete,
    attachment_exists,
    bad_chunk,
    chunk_exists,
    file_too_large,
    incomplete,
    not_found,
    quota_exceeded,
)
from app_service.attachments.repository import Collectable
from app_service.attachments.schemas import CHUNK_BYTES, AttachmentState, NewAttachment
from app_service.conversations.entries import Author
from app_service.db import Database, Unit
from app_service.models import Attachment, AttachmentChunk
from app_service.models.base import now
from app_service.rate_limits import RateLimits
from shared.errors import ApiError, Unavailable

UNFINISHED_FOR: Final = timedelta(hours=24)
"""So long an upload may take from beginning to end."""
UNSENT_FOR: Final = timedelta(days=7)
"""So long a complete file waits for the message that speaks of it."""
ENDED_FOR: Final = timedelta(days=7)
"""So long the files of an ended conversation can still be fetched."""
MAX_CHUNKS_AT_ONCE: Final = 64
MAX_CHUNKS_OF_ACCOUNT: Final = 4
_BATCH: Final = 100
_MAX_MISSING: Final = 100


@dataclass(frozen=True)
class Allowance:
    """Bytes of ciphertext."""

    file: int
    account: int


@dataclass(frozen=True, repr=False)
class AttachmentService:
    database: Database
    blobs: Blobs
    limits: RateLimits
    allowance: Allowance
    _at_once: Counter[UUID] = field(default_factory=Counter)

    async def create(self, author: Author, body: NewAttachment) -> AttachmentState:
        """Announce a file; the same again for the same announcement."""
        await self.limits.upload(str(author.user_id))
        async with self.database.write() as unit:
            await repository.lock_account(unit.session, author.user_id)
            await check_may_write(unit.session, author, body.conversation_id)
            known = await repository.locked_own(unit.session, author.user_id, body.id)
            if known is not None and (known.conversation_id, known.size) == (body.conversation_id, body.size):
                return await _state(unit.session, known)
            if await repository.exists(unit.session, body.id):
                raise attachment_exists()
            await self._check_room(unit.session, author.user_id, body.size)
            attachment = Attachment(
                id=body.id,
                conversation_id=body.conversation_id,
                uploader_id=author.user_id,
                size=body.size,
                created_at=now(),
                completed_at=None,
            )
            unit.session.add(attachment)
            await unit.session.flush()
            return await _state(unit.session, attachment)

    async def _check_room(self, session: AsyncSession, user_id: UUID, size: int) -> None:
        if size > self.allowance.file:
            raise file_too_large(self.allowance.file)
        used = await repository.used(session, user_id)
        if used + size > self.allowance.account:
            raise quota_exceeded(self.allowance.account, used)

    async def state(self, user_id: UUID, attachment_id: UUID) -> AttachmentState:
        async with self.database.read() as session:
            return await _state(session, await _readable(session, user_id, attachment_id))

    async def expected_bytes(self, author: Author, attachment_id: UUID, number: int) -> int:
        """How long this chunk must be, for its uploader; raises the refusal before the bytes are read."""
        async with self.database.read() as session:
            attachment = await _readable(session, author.user_id, attachment_id)
            if attachment.uploader_id != author.user_id:
                raise not_found()
            return chunk_length(attachment.size, number)

    async def put(self, author: Author, attachment_id: UUID, number: int, content: bytes) -> None:
        """Store a chunk; nothing is done when it is there already."""
        digest = hashlib.sha256(content).digest()
        async with self.database.write() as unit:
            if await self._is_there(unit, author, attachment_id, number, digest):
                return
        await self.blobs.put(attachment_id, number, content)
        async with self.database.write() as unit:
            try:
                there = await self._is_there(unit, author, attachment_id, number, digest)
            except ApiError:
                # Given up while its bytes were on their way.
                if not await repository.exists(unit.session, attachment_id):
                    await self.blobs.remove_chunk(attachment_id, number)
                raise
            if not there:
                unit.session.add(AttachmentChunk(attachment_id=attachment_id, number=number, sha256=digest))

    async def _is_there(self, unit: Unit, author: Author, attachment_id: UUID, number: int, digest: bytes) -> bool:
        """Whether the chunk is stored already; the upload is locked, and may go on."""
        attachment = await _own(unit.session, author, attachment_id)
        stored = await repository.chunk_hash(unit.session, attachment_id, number)
        if stored is not None and stored != digest:
            raise chunk_exists()
        if stored is None and attachment.completed_at is not None:
            raise already_complete()
        return stored is not None

    async def complete(self, author: Author, attachment_id: UUID) -> AttachmentState:
        """All chunks are there: from now on the other members can fetch it."""
        async with self.database.write() as unit:
            attachment = await _own(unit.session, author, attachment_id)
            present = set(await repository.chunks(unit.session, attachment_id))
            missing = [number for number in range(chunk_count(attachment.size)) if number not in present]
            if missing:
                raise incomplete(missing[:_MAX_MISSING])
            if attachment.completed_at is None:
                attachment.completed_at = now()
            return await _state(unit.session, attachment)

    async def chunk(self, user_id: UUID, attachment_id: UUID, number: int) -> bytes:
        async with self.database.read() as session:
            await _readable(session, user_id, attachment_id)
            if await repository.chunk_hash(session, attachment_id, number) is None:
                raise not_found()
        with self.place(user_id):
            return await self.blobs.get(attachment_id, number)

    async def delete(self, user_id: UUID, attachment_id: UUID) -> None:
        """By who uploaded it, whatever the conversation takes now."""
        async with self.database.write() as unit:
            if await repository.locked_own(unit.session, user_id, attachment_id) is None:
                raise not_found()
            await repository.detach(unit.session, attachment_id)
        # Else the keeper removes the bytes.
        with suppress(Unavailable):
            await self._remove(attachment_id)

    @contextmanager
    def place(self, user_id: UUID) -> Iterator[None]:
        """Room in memory for one chunk; 503 `overloaded` when there is none."""
        if self._at_once[user_id] >= MAX_CHUNKS_OF_ACCOUNT or self._at_once.total() >= MAX_CHUNKS_AT_ONCE:
            raise Unavailable("overloaded", "Too many files are on their way at once.", retry_after=1)
        self._at_once[user_id] += 1
        try:
            yield
        finally:
            self._at_once[user_id] -= 1
            if not self._at_once[user_id]:
                del self._at_once[user_id]

    async def collect(self, moment: datetime) -> None:
        """Remove what was never completed or sent, given up, has disappeared, or was of a conversation that is over."""
        moments = Collectable(moment - UNFINISHED_FOR, moment - UNSENT_FOR, moment - ENDED_FOR, moment)
        while True:
            async with self.database.write() as unit:
                found = await repository.detach_collectable(unit.session, moments, _BATCH)
            for attachment_id in found:
                await self._remove(attachment_id)
            if len(found) < _BATCH:
                return

    async def _remove(self, attachment_id: UUID) -> None:
        """The bytes first: as long as there are some, the row says so."""
        await self.blobs.remove(attachment_id)
        async with self.database.write() as unit:
            await repository.forget(unit.session, attachment_id)


def chunk_count(size: int) -> int:
    return -(-size // CHUNK_BYTES)


def chunk_length(size: int, number: int) -> int:
    """Bytes of a chunk of a file of this size; 422 `bad_chunk` for one that it does not have."""
    last = chunk_count(size) - 1
    if number > last:
        raise bad_chunk("The file has no chunk of this number.")
    return CHUNK_BYTES if number < last else size - last * CHUNK_BYTES


async def _own(session: AsyncSession, author: Author, attachment_id: UUID) -> Attachment:
    """An upload of the caller, locked; it may still send into the conversation."""
    attachment = await repository.locked_own(session, author.user_id, attachment_id)
    if attachment is None or attachment.conversation_id is None:
        raise not_found()
    await check_may_write(session, author, attachment.conversation_id)
    return attachment


async def _readable(session: AsyncSession, user_id: UUID, attachment_id: UUID) -> Attachment:
    attachment = await repository.for_member(session, user_id, attachment_id, now())
    if attachment is None:
        raise not_found()
    return attachment


async def _state(session: AsyncSession, attachment: Attachment) -> AttachmentState:
    if attachment.conversation_id is None:
        raise not_found()
    return AttachmentState(
        id=attachment.id,
        conversation_id=attachment.conversation_id,
        size=attachment.size,
        chunk_bytes=CHUNK_BYTES,
        complete=attachment.completed_at is not None,
        present=await repository.chunks(session, attachment.id),
        created_at=attachment.created_at,
    )
