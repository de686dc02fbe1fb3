"""Commits: the first of an epoch wins; with it come membership, welcomes and contribution (PROTOCOL.md 6 and 7).

Promises: commit, member table, welcomes and transcript are one transaction; a repeat under the same client id gets the
first answer; a loser gets what it missed. A first commit is stored only with a contribution whose signature was
verified.
Does not: know whether the members will accept the commit. They check it; the server sees only its clear parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import (
    lost_devices,
    pages,
    repository,
    room_commits,
    session_commits,
    statements,
    stays,
)
from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.entries import Ack, Author, ConversationKind, Head, Row, ack_of, extend
from app_service.conversations.membership import Roster, check_contribution, roster_after
from app_service.conversations.proposals import Proposal, parse_proposal
from app_service.conversations.refusals import (
    bad_commit,
    bad_contribution,
    blocked,
    contribution_required,
    epoch_conflict,
    not_active,
    not_connected,
    not_establishing,
    not_found,
    not_in_group,
)
from app_service.conversations.room_commits import RoomAfter
from app_service.conversations.schemas import CommitPost, Contribution
from app_service.conversations.statements import Standing
from app_service.conversations.writer import LogWriter
from app_service.db import Database, Unit
from app_service.directory import repository as directory
from app_service.directory.repository import DeviceKeys
from app_service.models import Commit, Conversation, KeyPackageClaim, Member, Welcome
from app_service.models.base import now, to_milliseconds
from app_service.notary import NotaryKeeper
from app_service.quantum_client import QuantumClient
from app_service.realtime.events import DomainEvent, Events
from shared.encoding import Label
from shared.errors import Unavailable
from shared.schemas.quantum import VerifyItem

MAX_MISSED = 100


@dataclass(frozen=True)
class CommitLogged(DomainEvent):
    """A group has a new epoch; `founder_device_id` is set for its first, `room` for a room."""

    conversation_id: UUID
    kind: ConversationKind
    founder_device_id: UUID | None
    room: RoomAfter | None = None


class Verdict(NamedTuple):
    """Where a commit goes, and what it leads to."""

    standing: Standing
    after: frozenset[Leaf]
    room: RoomAfter | None


class EpochTaken(Exception):
    """Another commit holds the epoch; leaves the unit before what was missed is read."""


@dataclass(frozen=True, repr=False)
class CommitService:
    database: Database
    writer: LogWriter
    events: Events
    quantum: QuantumClient
    notary: NotaryKeeper
    appended: Callable[[Sequence[Row]], None]

    async def post(self, author: Author, conversation_id: UUID, body: CommitPost) -> Ack:
        """The ack of a commit that won its epoch; 409 `epoch_conflict` with what was missed for one that lost."""
        proposal = parse_proposal(author, conversation_id, body)
        try:
            first = await self._look(proposal)
            if first is not None:
                return first
            await self._verify(proposal)
            return await self.writer.alone(lambda: self._write(proposal))
        except EpochTaken:
            async with self.database.read() as session:
                missed = await pages.missed(session, author, conversation_id, proposal.entry.echo_seq, MAX_MISSED)
            raise epoch_conflict(missed) from None

    async def _look(self, proposal: Proposal) -> Ack | None:
        """The first answer, or every refusal that can be known before quantum_service is asked."""
        async with self.database.read() as session:
            first = await first_answer(session, proposal)
            if first is None:
                await _judge(session, proposal, now(), lock=False)
            return first

    async def _verify(self, proposal: Proposal) -> None:
        """The notary's signature. A rotation never waits (P7.3): its members verify what we could not."""
        if proposal.contribution is None:
            return
        try:
            await self.verify_contribution(proposal.contribution)
        except Unavailable:
            if proposal.founds:
                raise

    async def verify_contribution(self, contribution: Contribution) -> None:
        notary = self.notary.current()
        try:
            item = VerifyItem(
                public_key=notary.public_key,
                label=Label.ESTABLISH,
                message=contribution.transcript,
                signature=contribution.signature,
            )
        except ValidationError as error:
            raise bad_contribution("Not a signed transcript.") from error
        (verdict,) = await self.quantum.verify([item])
        if not verdict.valid:
            raise bad_contribution("The contribution is not signed by this server's notary key.")

    async def _write(self, proposal: Proposal) -> Ack:
        async with self.database.write() as unit:
            added = {leaf.user_id for leaf in proposal.details.added}
            await repository.lock_accounts(unit.session, proposal.entry.conversation_id, added)
            first = await first_answer(unit.session, proposal)
            if first is not None:
                return first
            # What the row's time decides (P10.2) is judged by that very time.
            moment = now()
            verdict = await _judge(unit.session, proposal, moment, lock=True)
            row = await append_commit(unit, proposal, verdict.standing.head, moment)
            await store_members(unit.session, proposal, row, verdict.after)
            store_parts(unit.session, proposal, row)
            if verdict.room is not None:
                await room_commits.store_room(unit.session, proposal, row, verdict.room)
            else:
                await session_commits.store_session(unit.session, proposal, row, verdict.standing.head)
            await self.events.publish(unit, _logged(proposal, verdict))
            unit.after_commit(lambda: self.appended([row]))
            return ack_of(row)


def _logged(proposal: Proposal, verdict: Verdict) -> CommitLogged:
    founder = proposal.entry.author.device_id if proposal.founds else None
    return CommitLogged(proposal.entry.conversation_id, verdict.standing.kind, founder, verdict.room)


async def first_answer(session: AsyncSession, proposal: Proposal) -> Ack | None:
    key = (proposal.entry.author.device_id, proposal.entry.client_id)
    answers = await session.run_sync(lambda sync: statements.first_answers(sync.connection(), [key]))
    return answers.get(key)


async def _judge(session: AsyncSession, proposal: Proposal, moment: datetime, *, lock: bool) -> Verdict:
    """What comes of the commit at that time; raises the refusal, if there is one."""
    entry = proposal.entry
    conversation_id, author = entry.conversation_id, entry.author
    heads = await session.run_sync(lambda sync: statements.heads(sync.connection(), [conversation_id], lock=lock))
    accounts = await repository.participants(session, conversation_id)
    found = heads.get(conversation_id)
    if found is None or author.user_id not in accounts:
        raise not_found()
    head = found.head
    if (entry.generation, entry.epoch) > (head.generation, head.epoch) or entry.echo_seq > head.seq:
        raise bad_commit("The commit is of an epoch that there is not.")
    if (entry.generation, entry.epoch) != (head.generation, head.epoch):
        raise EpochTaken
    if proposal.founds:
        await _check_founding(session, found, proposal)
    elif not head.open:
        raise not_active()
    leaves = await repository.leaves(session, conversation_id)
    if not proposal.founds:
        _check_rotation(found, proposal, leaves)
    room = await _judge_room(session, found, proposal, leaves, moment)
    if room is not None:
        invited = set(room.joined - room.admitted)
        accounts |= room.admitted | await repository.connected_with(session, author.user_id, invited)
    keys = await _keys(session, proposal, leaves)
    after = roster_after(Roster(leaves, frozenset(accounts)), author, proposal.details, keys)
    if proposal.transcript is not None:
        check_contribution(proposal.transcript, after, keys)
    return Verdict(found, after, room)


async def _judge_room(
    session: AsyncSession, found: Standing, proposal: Proposal, leaves: frozenset[Leaf], moment: datetime
) -> RoomAfter | None:
    if found.kind == "room":
        return await room_commits.judge_room(session, proposal, leaves, moment)
    session_commits.judge_session(proposal)
    return None


async def _check_founding(session: AsyncSession, found: Standing, proposal: Proposal) -> None:
    state = await repository.state(session, found.head.conversation_id)
    if state == "terminated":
        raise not_active()
    if state != "establishing":
        raise not_establishing()
    check_peace(found)
    if proposal.transcript is None:
        raise contribution_required()


def _check_rotation(found: Standing, proposal: Proposal, leaves: frozenset[Leaf]) -> None:
    if Leaf(*proposal.entry.author) not in leaves:
        raise not_in_group()
    # Whoever is blocked or not connected reaches the other in no other way; a lost device must always get out (P6.9).
    if not proposal.details.removed:
        check_peace(found)


def check_peace(found: Standing) -> None:
    if found.blocked:
        raise blocked()
    if not found.connected:
        raise not_connected()


async def _keys(session: AsyncSession, proposal: Proposal, leaves: frozenset[Leaf]) -> dict[UUID, DeviceKeys]:
    named = {leaf.device_id for leaf in leaves.union(proposal.details.added)}
    ml_kem = proposal.transcript.keys if proposal.transcript is not None else ()
    return await directory.device_keys(session, named | {proposal.entry.author.device_id}, ml_kem)


async def append_commit(unit: Unit, proposal: Proposal, head: Head, moment: datetime) -> Row:
    """The commit's row of that time, and the head at the epoch that it begins."""
    entry = proposal.entry
    member = await unit.session.get(Member, (entry.conversation_id, entry.author.device_id))
    tag = token_bytes(16) if member is None else member.sender_tag
    row = extend(head, entry, tag, moment, to_milliseconds(moment))
    await unit.session.run_sync(lambda sync: statements.insert_rows(sync.connection(), [row]))
    await unit.session.execute(
        update(Conversation)
        .where(Conversation.id == entry.conversation_id)
        .values(
            open=True,
            generation=entry.generation,
            epoch=entry.epoch + 1,
            seq=head.seq,
            chain=head.chain,
            last_entry_at=moment,
        )
        .execution_options(synchronize_session=False)
    )
    return row


async def store_members(session: AsyncSession, proposal: Proposal, row: Row, after: frozenset[Leaf]) -> None:
    """The member table as the authenticated data says (P6.5)."""
    joining = after if proposal.founds else frozenset(proposal.details.added)
    await lost_devices.forget(session, row.conversation_id, {leaf.device_id for leaf in joining})
    await _forget_claims(session, row.conversation_id, None if proposal.founds else joining)
    await stays.begin(session, row, joining)
    if proposal.details.removed:
        await stays.end(session, row, {leaf.device_id for leaf in proposal.details.removed})


async def _forget_claims(session: AsyncSession, conversation_id: UUID, joining: frozenset[Leaf] | None) -> None:
    """Packages are used once: whoever adds these devices again (None: all) takes others."""
    claims = delete(KeyPackageClaim).where(KeyPackageClaim.conversation_id == conversation_id)
    if joining is not None:
        claims = claims.where(KeyPackageClaim.device_id.in_([leaf.device_id for leaf in joining]))
    await session.execute(claims)


def store_parts(session: AsyncSession, proposal: Proposal, row: Row) -> None:
    details, contribution = proposal.details, proposal.contribution
    session.add(
        Commit(
            conversation_id=row.conversation_id,
            seq=row.seq,
            membership_changed=bool(details.added or details.removed or details.room or details.session),
            roster_hash=details.roster_hash,
            contribution_id=details.contribution_id,
            transcript=None if contribution is None else contribution.transcript,
            transcript_signature=None if contribution is None else contribution.signature,
        )
    )
    for position, welcome in enumerate(proposal.welcomes):
        session.add(Welcome(conversation_id=row.conversation_id, seq=row.seq, position=position, content=welcome))
