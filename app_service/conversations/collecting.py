"""Erases of the log what nobody needs any more (PROTOCOL.md 10.3).

Promises: the body of a commit stays for `GRACE` and until every device that reads it has passed it, but no longer
than `KEPT_FOR`; so do welcomes, and the ciphertexts of contributions, which go sooner as a rule (`receipts.py`). Chain
fields stay for ever, so that every log can still be verified. Who comes later gets the row without its body, and is
added anew. Of a message that disappears nothing is left but those fields.
Does not: touch other messages.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.stays import unread
from app_service.db import Database
from app_service.models import Commit, KeyPackageClaim, LogEntry, Welcome

KEPT_FOR: Final = timedelta(days=30)
GRACE: Final = timedelta(days=7)
"""A profile that was restored from a backup reads again what its newer copy has passed."""
_BATCH: Final = 500
_BLIND: Final = {"synchronize_session": False}
_BODY: Final = ("content", "signature_falcon", "signature_ecdsa", "receipt", "receipt_signature", "expires_at")
_NOTHING: Final[dict[str, None]] = dict.fromkeys(_BODY)


async def collect(database: Database, moment: datetime) -> None:
    """A bounded number of rows in each transaction, until nothing is left."""
    async with database.write() as unit:
        await unit.session.execute(delete(KeyPackageClaim).where(KeyPackageClaim.not_after < moment))
    await fade(database, moment)
    more = True
    while more:
        async with database.write() as unit:
            more = await _erase_some(unit.session, moment)


async def fade(database: Database, moment: datetime) -> None:
    """Erase the bodies of messages whose time is over."""
    more = True
    while more:
        async with database.write() as unit:
            more = await _fade_some(unit.session, moment)


async def _fade_some(session: AsyncSession, moment: datetime) -> bool:
    over = select(LogEntry.conversation_id, LogEntry.seq).where(LogEntry.expires_at <= moment)
    keys = [tuple(key) for key in await session.execute(over.order_by(LogEntry.expires_at).limit(_BATCH))]
    if keys:
        within = tuple_(LogEntry.conversation_id, LogEntry.seq).in_(keys)
        await session.execute(update(LogEntry).where(within).values(_NOTHING).execution_options(**_BLIND))
    return len(keys) == _BATCH


async def _erase_some(session: AsyncSession, moment: datetime) -> bool:
    keys = [tuple(key) for key in await session.execute(_over(moment).limit(_BATCH))]
    if keys:
        within = tuple_(LogEntry.conversation_id, LogEntry.seq).in_(keys)
        await session.execute(update(LogEntry).where(within).values(content=None).execution_options(**_BLIND))
        within = tuple_(Commit.conversation_id, Commit.seq).in_(keys)
        forget = update(Commit).where(within).values(transcript=None, transcript_signature=None)
        await session.execute(forget.execution_options(**_BLIND))
        within = tuple_(Welcome.conversation_id, Welcome.seq).in_(keys)
        await session.execute(delete(Welcome).where(within).execution_options(**_BLIND))
    return len(keys) == _BATCH


def _over(moment: datetime) -> Select[UUID, int]:
    """Commits with a body that has been kept for its time."""
    passed = and_(LogEntry.timestamp < moment - GRACE, ~unread(LogEntry))
    return (
        select(LogEntry.conversation_id, LogEntry.seq)
        .join(Commit, and_(Commit.conversation_id == LogEntry.conversation_id, Commit.seq == LogEntry.seq))
        .where(LogEntry.content.is_not(None), or_(LogEntry.timestamp < moment - KEPT_FOR, passed))
        .order_by(LogEntry.conversation_id, LogEntry.seq)
    )
