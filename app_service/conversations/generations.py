"""A new group of the same conversation (PROTOCOL.md 9.3): the way out of an epoch that nobody can follow.

Promises: statement, founding commit, welcomes and transcript are one transaction, on top of exactly the head that the
statement names; the number is the next one under the log's lock, so the first wins; at most one in an hour, but for
the owner of a room.
Does not: know whether the reason is true. Members check it; what the server can see of it, it checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import chain, pages, repository, statements, stays
from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.commits import (
    MAX_MISSED,
    CommitLogged,
    CommitService,
    EpochTaken,
    append_commit,
    check_peace,
    first_answer,
    store_members,
    store_parts,
)
from app_service.conversations.entries import Ack, Author, Entry, Row, ack_of, extend
from app_service.conversations.generation_statement import GenerationStatement, read_generation
from app_service.conversations.membership import Roster, check_contribution, roster_after
from app_service.conversations.proposals import Proposal, parse_proposal
from app_service.conversations.refusals import (
    bad_generation,
    contribution_required,
    epoch_conflict,
    not_active,
    not_found,
    not_in_group,
)
from app_service.conversations.roles import accounts_of
from app_service.conversations.room_commits import RoomAfter, store_room
from app_service.conversations.room_generations import Continued, continued, judge_continued
from app_service.conversations.schemas import Contribution, GenerationPost
from app_service.conversations.session_commits import judge_continued_session, store_session
from app_service.conversations.statements import Standing
from app_service.db import Unit
from app_service.directory import repository as directory
from app_service.directory.repository import DeviceKeys
from app_service.models import LogEntry, LostDevice, Member
from app_service.models.base import now, to_milliseconds
from shared.encoding import Label, MalformedEncoding, fields, unpack_signature
from shared.errors import Malformed, TooManyRequests
from shared.schemas.quantum import VerifyItem

EVERY: Final = timedelta(hours=1)


class Opening(NamedTuple):
    """Everything that is stored together when a generation begins."""

    statement: GenerationStatement
    body: GenerationPost
    entry: Entry
    founding: Proposal
    contribution: Contribution


class _Judged(NamedTuple):
    standing: Standing
    after: frozenset[Leaf]
    signature_key: bytes
    sender_tag: bytes
    room: RoomAfter | None


class _Before(NamedTuple):
    """The group that the next one follows, and the room around it."""

    leaves: frozenset[Leaf]
    room: Continued | None


@dataclass(frozen=True, repr=False)
class GenerationService:
    commits: CommitService
    server_name: str

    async def begin(self, author: Author, conversation_id: UUID, body: GenerationPost) -> Ack:
        """The ack of the founding commit; 409 `epoch_conflict` with what was missed when the log has moved on."""
        opening = self._parse(author, conversation_id, body)
        database = self.commits.database
        try:
            async with database.read() as session:
                first = await first_answer(session, opening.founding)
                if first is not None:
                    return first
                judged = await _judge(session, opening, lock=False)
            await self._verify(opening, judged.signature_key)
            return await self.commits.writer.alone(lambda: self._write(opening))
        except EpochTaken:
            async with database.read() as session:
                missed = await pages.missed(session, author, conversation_id, opening.statement.seq, MAX_MISSED)
            raise epoch_conflict(missed) from None

    def _parse(self, author: Author, conversation_id: UUID, body: GenerationPost) -> Opening:
        founding = parse_proposal(author, conversation_id, body.founding)
        try:
            statement = read_generation(body.statement)
            unpack_signature(body.signature)
        except MalformedEncoding as error:
            raise bad_generation("Not a signed generation statement.") from error
        own = (statement.server_name, statement.author, statement.conversation_id)
        if own != (self.server_name, Leaf(*author), conversation_id):
            raise bad_generation("The statement is of another device, conversation or server.")
        if not founding.founds or founding.entry.generation != statement.generation:
            raise bad_generation("The commit does not found the generation of the statement.")
        if founding.contribution is None:
            raise contribution_required()
        content = fields(body.statement, body.signature)
        place = (statement.generation, 0, statement.seq)
        body_hash = chain.body_hash(content)
        entry = Entry(author, conversation_id, body.client_id, "generation", *place, content, body_hash, b"", b"")
        return Opening(statement, body, entry, founding, founding.contribution)

    async def _verify(self, opening: Opening, signature_key: bytes) -> None:
        """Both signatures: a founding waits for quantum_service anyway (P7.3)."""
        await self.commits.verify_contribution(opening.contribution)
        try:
            item = VerifyItem(
                public_key=signature_key,
                label=Label.GENERATION,
                message=opening.body.statement,
                signature=opening.body.signature,
            )
        except ValidationError as error:
            raise Malformed("bad_signature", "Not a signature.") from error
        (verdict,) = await self.commits.quantum.verify([item])
        if not verdict.valid:
            raise Malformed("bad_signature", "The statement is not signed by this device.")

    async def _write(self, opening: Opening) -> Ack:
        conversation_id = opening.entry.conversation_id
        async with self.commits.database.write() as unit:
            people = {leaf.user_id for leaf in opening.statement.roster}
            await repository.lock_accounts(unit.session, conversation_id, people)
            first = await first_answer(unit.session, opening.founding)
            if first is not None:
                return first
            judged = await _judge(unit.session, opening, lock=True)
            begun = await _append_statement(unit, opening.entry, judged)
            standing, room = judged.standing, judged.room
            row = await append_commit(unit, opening.founding, standing.head, now())
            await store_members(unit.session, opening.founding, row, judged.after)
            store_parts(unit.session, opening.founding, row)
            if room is not None:
                await store_room(unit.session, opening.founding, row, room)
            else:
                await store_session(unit.session, opening.founding, row, standing.head)
            await self.commits.events.publish(unit, CommitLogged(conversation_id, standing.kind, None, room))
            unit.after_commit(lambda: self.commits.appended([begun, row]))
            return ack_of(row)


async def _append_statement(unit: Unit, entry: Entry, judged: _Judged) -> Row:
    """The first row of the new group; the old one has no members any more."""
    moment = now()
    row = extend(judged.standing.head, entry, judged.sender_tag, moment, to_milliseconds(moment))
    await unit.session.run_sync(lambda sync: statements.insert_rows(sync.connection(), [row]))
    await stays.end(unit.session, row, None)
    unit.session.expire_all()
    return row


async def _judge(session: AsyncSession, opening: Opening, *, lock: bool) -> _Judged:
    """The head on which the generation begins and its leaves; raises the refusal, if there is one."""
    statement, founding = opening.statement, opening.founding
    author = opening.entry.author
    found = await _checked_head(session, opening, lock=lock)
    head = found.head
    before = await _before(session, found, statement)
    member = await session.get(Member, (head.conversation_id, author.device_id))
    if member is None or member.removed_seq is not None:
        raise not_in_group()
    if before.room is None or before.room.policy.owner != author.user_id:
        await _check_pace(session, head.conversation_id)
    named = {leaf.device_id for leaf in before.leaves.union(founding.details.added)}
    ml_kem = founding.transcript.keys if founding.transcript is not None else ()
    keys = await directory.device_keys(session, named | {author.device_id}, ml_kem)
    participants = frozenset(await repository.participants(session, head.conversation_id))
    people = participants if before.room is None else accounts_of(statement.roster)
    after = roster_after(Roster(frozenset(), people), author, founding.details, keys)
    if statement.roster != after or statement.left_out != _left_out(before, after, keys):
        raise bad_generation("The statement names other devices than the group leads to.")
    await _check_reason(session, found, statement)
    if before.room is None:
        await judge_continued_session(session, head, statement, founding)
    room = None if before.room is None else judge_continued(before.room, statement, founding, participants)
    if founding.transcript is not None:
        check_contribution(founding.transcript, after, keys)
    return _Judged(found, after, keys[author.device_id].signature_key, member.sender_tag, room)


async def _before(session: AsyncSession, found: Standing, statement: GenerationStatement) -> _Before:
    if found.kind == "session":
        return _Before(await repository.leaves(session, found.head.conversation_id), None)
    room = await continued(session, found.head, statement.epoch)
    return _Before(room.leaves, room)


def _left_out(before: _Before, after: frozenset[Leaf], keys: dict[UUID, DeviceKeys]) -> frozenset[Leaf]:
    """Members of the old group that are not in the new one, but for revoked devices and who left."""
    left = frozenset[UUID]() if before.room is None else before.room.left
    missing = (leaf for leaf in before.leaves - after if leaf.user_id not in left)
    return frozenset(leaf for leaf in missing if not keys[leaf.device_id].revoked)


async def _checked_head(session: AsyncSession, opening: Opening, *, lock: bool) -> Standing:
    statement, conversation_id = opening.statement, opening.entry.conversation_id
    heads = await session.run_sync(lambda sync: statements.heads(sync.connection(), [conversation_id], lock=lock))
    found = heads.get(conversation_id)
    accounts = await repository.participants(session, conversation_id)
    if found is None or opening.entry.author.user_id not in accounts:
        raise not_found()
    head = found.head
    if not head.open:
        raise not_active()
    check_peace(found)
    if statement.generation <= head.generation or statement.seq < head.seq:
        raise EpochTaken
    old_group = conversation_id.bytes + head.generation.to_bytes(4, "big")
    follows = (statement.generation, statement.old_group) == (head.generation + 1, old_group)
    if not follows or (statement.seq, statement.chain) != (head.seq, head.chain) or statement.epoch > head.epoch:
        raise bad_generation("The statement does not follow the log.")
    return found


async def _check_pace(session: AsyncSession, conversation_id: UUID) -> None:
    newest = select(func.max(LogEntry.timestamp)).where(
        LogEntry.conversation_id == conversation_id, LogEntry.kind == "generation"
    )
    last = await session.scalar(newest)
    if last is not None and now() - last < EVERY:
        wait = int((last + EVERY - now()).total_seconds()) + 1
        raise TooManyRequests("too_many_requests", "This conversation began anew a short while ago.", retry_after=wait)


async def _check_reason(session: AsyncSession, found: Standing, statement: GenerationStatement) -> None:
    """A commit of the old group, whose author alone may be left out; or a device that asked and was not added."""
    head = found.head
    if statement.reason == "lost":
        asked = await session.get(LostDevice, (head.conversation_id, statement.author.device_id))
        if asked is None or statement.left_out:
            raise bad_generation("Nobody was lost who begins this generation.")
        return
    row = await session.get(LogEntry, (head.conversation_id, statement.reason_seq))
    if row is None or row.kind != "commit" or row.generation != head.generation:
        raise bad_generation("The statement names no commit of this group.")
    if found.kind == "room" and row.epoch != statement.epoch:
        raise bad_generation("The commit did not end the epoch of the statement.")
    if not all(_is_author(found, row, leaf) for leaf in statement.left_out):
        raise bad_generation("Only the author of the commit may be left out.")


def _is_author(found: Standing, row: LogEntry, leaf: Leaf) -> bool:
    """Of a session the device, for both people stay in it; of a room the person."""
    if found.kind == "room":
        return leaf.user_id == row.sender_id
    return leaf == Leaf(row.sender_id, row.sender_device_id)
