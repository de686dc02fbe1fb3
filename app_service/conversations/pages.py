"""Pages of a log, as JSON values of the rows that a device may see.

Promises: a page is bounded in rows and, from its second row on, in bytes, since it waits in memory for a reader who
may be slow. Whoever wants more asks on after the last row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository, stays
from app_service.conversations.entries import Author, Row
from app_service.conversations.repository import Log
from app_service.conversations.rows import CommitParts, row_json
from shared.encoding import to_base64url

MAX_PAGE_BYTES: Final = 524_288

_NONE = CommitParts((), None, None)


async def page_after(session: AsyncSession, log: Log, after: int, limit: int) -> list[dict[str, Any]]:
    return await _page(session, log, _fitting(await repository.rows_after(session, log, after, limit)))


async def page_before(session: AsyncSession, log: Log, before: int, limit: int) -> list[dict[str, Any]]:
    rows = await repository.rows_before(session, log, before, limit)
    return await _page(session, log, _fitting(rows[::-1])[::-1])


def _fitting(rows: Sequence[Row]) -> list[Row]:
    """As many of the first rows as a page holds, but one at least."""
    size = 0
    for count, row in enumerate(rows):
        size += len(row.content or b"")
        if count and size > MAX_PAGE_BYTES:
            return list(rows[:count])
    return list(rows)


async def _page(session: AsyncSession, log: Log, rows: Sequence[Row]) -> list[dict[str, Any]]:
    view = await stays.view_over(session, log.view, log.conversation_id, rows)
    parts = await repository.commit_parts(session, log.conversation_id, view, rows)
    return [row_json(row, view, parts.get(row.seq, _NONE)) for row in rows]


async def missed(
    session: AsyncSession, author: Author, conversation_id: UUID, after: int, limit: int
) -> list[dict[str, Any]]:
    """What a device that stands at `after` has not seen."""
    return await page_after(session, await repository.log_for(session, author, conversation_id), after, limit)


def head_json(log: Log) -> dict[str, Any]:
    return {"seq": log.seq, "chain": to_base64url(log.chain), "generation": log.generation, "epoch": log.epoch}
