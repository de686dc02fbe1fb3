"""*Delivered*: how far a device has decrypted and stored a log (PROTOCOL.md 5.6).

Promises: grouped writes, at most one per `GROUP_SECONDS` whatever the number of devices; a receipt only moves forward,
and is told after it is stored. Ciphertexts of contributions go when every device that reads them has passed (P7.4).
Does not: keep what was not written yet through a crash: devices say again where they stand when they connect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection as Transaction
from sqlalchemy import bindparam, func, or_, select, update

from app_service.conversations.rows import frame
from app_service.conversations.stays import unread
from app_service.db import Database
from app_service.models import Commit, Conversation, Member
from app_service.realtime.hub import Hub
from shared.logging import get_logger

log = get_logger("receipts")

GROUP_SECONDS: Final = 0.25
AWAY_SECONDS: Final = 1.0


class Receipt(NamedTuple):
    conversation_id: UUID
    user_id: UUID
    seq: int


_HEAD = select(Conversation.seq).where(Conversation.id == bindparam("log")).scalar_subquery()
_FORWARD = (
    update(Member.__table__)  # type: ignore[arg-type]  # a mapped table is a Table
    .where(
        Member.conversation_id == bindparam("log"),
        Member.device_id == bindparam("device"),
        Member.delivered_seq < bindparam("upto"),
        Member.joined_seq <= bindparam("upto"),
        or_(Member.removed_seq.is_(None), Member.removed_seq >= bindparam("upto")),
        bindparam("upto") <= _HEAD,
    )
    .values(delivered_seq=bindparam("upto"))
)


class Receipts:
    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._noted: dict[tuple[UUID, UUID], int] = {}
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def note(self, conversation_id: UUID, device_id: UUID, seq: int) -> None:
        """The device has everything up to `seq`. Written with the next group."""
        key = (conversation_id, device_id)
        self._noted[key] = max(seq, self._noted.get(key, 0))
        self._arrived.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="receipts")

    async def close(self) -> None:
        """Write what was noted."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._closing:
            await self._arrived.wait()
            if not self._closing:
                await asyncio.sleep(GROUP_SECONDS)
            self._arrived.clear()
            await self._flush()

    async def _flush(self) -> None:
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            moved = await self._database.write_in_thread(lambda transaction: _write(transaction, noted))
        except Exception as error:  # they go with the next group, which must go on
            log.warning("receipts_not_written", kind=type(error).__name__)
            if not self._closing:
                await asyncio.sleep(AWAY_SECONDS)
                for (conversation_id, device_id), seq in noted.items():
                    self.note(conversation_id, device_id, seq)
            return
        for receipt in moved:
            told = {"conversation_id": str(receipt.conversation_id), "user_id": str(receipt.user_id)}
            self._hub.tell_followers(receipt.conversation_id, frame("receipt", {**told, "seq": receipt.seq}))


def _write(transaction: Transaction, noted: Mapping[tuple[UUID, UUID], int]) -> list[Receipt]:
    """Move the devices forward; what each account has reached now, where it moved."""
    logs = sorted({conversation_id for conversation_id, _ in noted})
    before = _reached(transaction, logs)
    transaction.execute(
        _FORWARD,
        [
            {"log": conversation_id, "device": device_id, "upto": seq}
            for (conversation_id, device_id), seq in sorted(noted.items())
        ],
    )
    after = _reached(transaction, logs)
    moved = [Receipt(*key, seq) for key, seq in after.items() if seq > before.get(key, 0)]
    if moved:
        _forget_ciphertexts(transaction, {receipt.conversation_id for receipt in moved})
    return moved


def _reached(transaction: Transaction, logs: Iterable[UUID]) -> dict[tuple[UUID, UUID], int]:
    query = (
        select(Member.conversation_id, Member.user_id, func.max(Member.delivered_seq))
        .where(Member.conversation_id.in_(logs))
        .group_by(Member.conversation_id, Member.user_id)
    )
    return {(each[0], each[1]): each[2] for each in transaction.execute(query)}


def _forget_ciphertexts(transaction: Transaction, logs: Iterable[UUID]) -> None:
    """P7.4: delete transcripts that everybody has passed who reads the commit."""
    transaction.execute(
        update(Commit)
        .where(Commit.conversation_id.in_(logs), Commit.transcript.is_not(None), ~unread(Commit))
        .values(transcript=None, transcript_signature=None)
    )
