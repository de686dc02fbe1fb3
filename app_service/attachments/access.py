"""Who may add a file to a conversation: whoever could send a message there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection as Transaction
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import refusals, statements
from app_service.conversations.entries import Author
from shared.errors import ApiError


async def check_may_write(session: AsyncSession, author: Author, conversation_id: UUID) -> None:
    """Raises what a message of this device would be answered with."""
    refusal = await session.run_sync(lambda sync: _refusal(sync.connection(), author, conversation_id))
    if refusal is not None:
        raise refusal


def _refusal(transaction: Transaction, author: Author, conversation_id: UUID) -> ApiError | None:
    if not statements.participants(transaction, {(conversation_id, author.user_id)}):
        return refusals.not_found()
    found = statements.heads(transaction, [conversation_id], lock=False).get(conversation_id)
    if found is None or not found.head.open:
        return refusals.not_active()
    if found.blocked:
        return refusals.blocked()
    if not found.connected:
        return refusals.not_connected()
    seat = statements.rosters(transaction, [conversation_id]).get(conversation_id, {}).get(author.device_id)
    if seat is None:
        return refusals.not_in_group()
    return None if seat.posts else refusals.not_allowed("post")
