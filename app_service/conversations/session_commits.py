"""What commits change of a session: the time after which its messages disappear (PROTOCOL.md 10.3).

Promises: that time is what the newest commit said, and a later generation goes on with that of the last epoch that its
members followed. Does not: judge who may set it. Both people may, and each sees who did.
"""

from __future__ import annotations

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.entries import Head, Row
from app_service.conversations.generation_statement import GenerationStatement
from app_service.conversations.proposals import Proposal
from app_service.conversations.refusals import bad_commit, bad_generation
from app_service.conversations.session_state import SessionState, session_hash
from app_service.models import Commit, Conversation, LogEntry


def judge_session(proposal: Proposal) -> None:
    """422 `bad_commit` for a commit that says something of a room, or founds a session with a time."""
    if proposal.details.room is not None:
        raise bad_commit("A session has no roles.")
    if proposal.founds and proposal.details.session is not None:
        raise bad_commit("A session begins without a state.")


async def judge_continued_session(
    session: AsyncSession, head: Head, statement: GenerationStatement, founding: Proposal
) -> None:
    """422 `bad_generation` unless messages last as long as in the last good epoch."""
    timer = await _timer_in(session, head, statement.epoch)
    state = SessionState(timer) if timer else None
    said = founding.details
    if said.room is not None or said.session != state or statement.state != session_hash(state):
        raise bad_generation("The statement continues another session.")


async def _timer_in(session: AsyncSession, head: Head, epoch: int) -> int:
    """Of an epoch of the present generation: what the first commit behind it that changes the time found."""
    behind = (
        select(Commit.timer_before)
        .join(LogEntry, and_(LogEntry.conversation_id == Commit.conversation_id, LogEntry.seq == Commit.seq))
        .where(
            LogEntry.conversation_id == head.conversation_id,
            LogEntry.generation == head.generation,
            LogEntry.epoch >= epoch,
            Commit.timer_before.is_not(None),
        )
        .order_by(LogEntry.seq)
        .limit(1)
    )
    before = await session.scalar(behind)
    return head.timer if before is None else before


async def store_session(session: AsyncSession, proposal: Proposal, row: Row, head: Head) -> None:
    """From this row on; in a new generation also the time that there is none."""
    state = proposal.details.session
    if state is None and not proposal.founds:
        return
    here = (Commit.conversation_id == row.conversation_id, Commit.seq == row.seq)
    await session.flush()
    blind = {"synchronize_session": False}
    if not proposal.founds:
        await session.execute(update(Commit).where(*here).values(timer_before=head.timer).execution_options(**blind))
    timer = 0 if state is None else state.timer
    lasting = update(Conversation).where(Conversation.id == row.conversation_id).values(timer=timer)
    await session.execute(lasting.execution_options(**blind))
