"""Invitation links, and people who ask to come in by one (PROTOCOL.md 10.2).

Promises: a request is taken only while its link is in the room's policy, lasts, has uses left and was made by somebody
who may still invite; of somebody who is neither in the room nor banned; for the device that makes it, with a key
package of its own. Members and joiner hear of it in the same transaction.
Does not: know a link's seed, or let anybody in. Members verify the request and make the commit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts import repository as accounts
from app_service.conversations import repository as conversations
from app_service.conversations.authenticated_data import MAX_ADMISSIONS
from app_service.conversations.entries import Author
from app_service.conversations.join_statement import JoinStatement, read_join_statement
from app_service.conversations.refusals import already_member, not_allowed, not_found
from app_service.conversations.roles import link_works, may_admit
from app_service.conversations.room_commits import policy_of
from app_service.conversations.room_policy import Invitation, Policy
from app_service.db import Database, Unit
from app_service.directory import repository as directory
from app_service.directory.key_packages import checked_key_package
from app_service.models import Conversation, Device, JoinRequest, RoomLink
from app_service.models.base import from_milliseconds, now, to_milliseconds
from app_service.quantum_client import QuantumClient
from app_service.rooms import repository
from app_service.rooms.lifecycle import RoomLifecycle, join_view
from app_service.rooms.schemas import (
    Inviter,
    JoinList,
    JoinPost,
    JoinView,
    LinkPost,
    LinkView,
    RequestList,
    RequestView,
)
from shared.encoding import Label, MalformedEncoding
from shared.errors import Conflict, Forbidden, Malformed, NotFound, Unavailable
from shared.schemas.quantum import VerifyItem

MAX_WAITING: Final = 500


class _Open(NamedTuple):
    """A link that lets this account in."""

    stored: RoomLink
    rules: Invitation
    policy: Policy
    generation: int


@dataclass(frozen=True, repr=False)
class LinkService:
    database: Database
    lifecycle: RoomLifecycle
    quantum: QuantumClient
    server_name: str

    async def create(self, author: Author, room_id: UUID, body: LinkPost) -> None:
        """What only the seed opens, before the commit that makes it a link of the room."""
        async with self.database.write() as unit:
            await _member_policy(unit.session, author, room_id, "invite")
            if await repository.link(unit.session, body.link_id) is not None:
                raise Conflict("link_exists", "There is such a link already.")
            unit.session.add(
                RoomLink(
                    id=body.link_id,
                    room_id=room_id,
                    creator_id=author.user_id,
                    sealed_key=body.sealed_key,
                    created_at=now(),
                )
            )

    async def look(self, user_id: UUID, link_id: UUID) -> LinkView:
        async with self.database.read() as session:
            link = await _open(session, user_id, link_id)
            inviter = await accounts.usernames(session, [link.rules.inviter])
        return LinkView(
            room_id=link.stored.room_id,
            link_id=link_id,
            generation=link.generation,
            public_key=link.rules.public_key,
            sealed_key=link.stored.sealed_key,
            inviter=Inviter(id=link.rules.inviter, username=inviter[link.rules.inviter]),
            expires_at=from_milliseconds(link.rules.expiry),
            approval=link.policy.settings.approval,
        )

    async def own(self, user_id: UUID) -> JoinList:
        async with self.database.read() as session:
            found = await repository.own_requests(session, user_id)
        return JoinList(items=[join_view(request, username) for request, username in found])

    async def ask(self, author: Author, link_id: UUID, body: JoinPost) -> JoinView:
        """Keep the request; it takes the place of an earlier one of this account for the room."""
        try:
            asks = read_join_statement(body.statement)
        except MalformedEncoding as error:
            raise bad_join("Not a statement of somebody who asks to join.") from error
        own = (asks.server_name, asks.link_id, asks.user_id, asks.device_id)
        if own != (self.server_name, link_id, *author):
            raise bad_join("The statement is of another device, link or server.")
        if hashlib.sha256(body.key_package).digest() != asks.package_hash:
            raise bad_join("The statement names another key package.")
        async with self.database.read() as session:
            link = await _open(session, author.user_id, link_id)
        await self._verify(link.rules, body)
        async with self.database.write() as unit:
            await conversations.lock_accounts(unit.session, link.stored.room_id, {author.user_id})
            link = await _open(unit.session, author.user_id, link_id)
            request = await _kept(unit, author, link, asks, body)
            await self.lifecycle.asked(unit, request)
            names = await accounts.usernames(unit.session, [request.inviter_id])
            return join_view(request, names[request.inviter_id])

    async def _verify(self, link: Invitation, body: JoinPost) -> None:
        """Nobody waits for quantum_service here: members verify what we could not."""
        try:
            item = VerifyItem(
                label=Label.ROOM_JOIN, public_key=link.public_key, message=body.statement, signature=body.signature
            )
            (verdict,) = await self.quantum.verify([item])
        except Unavailable:
            return
        except ValidationError as error:
            raise Malformed("bad_signature", "Not a signature.") from error
        if not verdict.valid:
            raise Malformed("bad_signature", "The statement is not signed with the link's key.")

    async def requests(self, author: Author, room_id: UUID) -> RequestList:
        """Those that one commit may admit, for whoever may admit them."""
        async with self.database.read() as session:
            policy = await _member_policy(session, author, room_id, None)
            if not may_admit(policy, author.user_id):
                raise not_allowed("approval")
            found = await repository.requests(session, room_id, MAX_ADMISSIONS)
        return RequestList(
            items=[
                RequestView(
                    user_id=each.user_id,
                    device_id=each.device_id,
                    statement=each.statement,
                    signature=each.signature,
                    key_package=each.key_package,
                )
                for each in found
            ]
        )

    async def drop(self, author: Author, room_id: UUID, user_id: UUID) -> None:
        """Withdraw one's own request, or decline another's."""
        async with self.database.write() as unit:
            await conversations.lock_accounts(unit.session, room_id, {author.user_id, user_id})
            own = author.user_id == user_id
            if not own:
                await _member_policy(unit.session, author, room_id, "invite")
            request = await unit.session.get(JoinRequest, (room_id, user_id))
            if request is None or (request.declined and not own):
                raise not_found()
            await self.lifecycle.dropped(unit, request, withdrawn=own)


def link_unknown() -> NotFound:
    return NotFound("link_unknown", "There is no such link, or it was revoked.")


def bad_join(why: str) -> Malformed:
    return Malformed("bad_join", why)


async def _member_policy(session: AsyncSession, author: Author, room_id: UUID, right: str | None) -> Policy:
    """The room's policy, for a member who has the right to invite, when that is what it takes."""
    if author.user_id not in await conversations.participants(session, room_id):
        raise not_found()
    policy = await policy_of(session, room_id)
    if policy is None:
        raise not_found()
    if right is not None and policy.role(author.user_id) < policy.settings.invite:
        raise not_allowed(right)
    return policy


async def _open(session: AsyncSession, user_id: UUID, link_id: UUID) -> _Open:
    """The link, if it lets this account in now; raises why not."""
    stored = await repository.link(session, link_id)
    policy = None if stored is None else await policy_of(session, stored.room_id)
    rules = None if policy is None else next((link for link in policy.invitations if link.id == link_id), None)
    if stored is None or policy is None or rules is None:
        raise link_unknown()
    members = await conversations.participants(session, stored.room_id)
    if user_id in members:
        raise already_member(stored.room_id)
    if user_id in policy.banned:
        raise not_allowed("banned")
    conversation = await session.get_one(Conversation, stored.room_id)
    if not conversation.open or not link_works(policy, rules, members):
        raise Forbidden("link_over", "This link lets nobody in any more.")
    if to_milliseconds(now()) >= rules.expiry:
        raise Forbidden("link_expired", "This link has expired.")
    if rules.used >= rules.allowed:
        raise Forbidden("link_used_up", "This link has been used as often as it could be.")
    return _Open(stored, rules, policy, conversation.generation)


async def _kept(unit: Unit, author: Author, link: _Open, asks: JoinStatement, body: JoinPost) -> JoinRequest:
    if asks.group_id != link.stored.room_id.bytes + link.generation.to_bytes(4, "big"):
        raise bad_join("The statement is for another room.")
    device = await directory.live_device(unit.session, author.user_id, author.device_id)
    if device is None:
        raise Forbidden("device_required", "This device is revoked.")
    waiting = (await repository.waiting(unit.session, [link.stored.room_id])).get(link.stored.room_id, [])
    if len(waiting) >= MAX_WAITING:
        raise Conflict("too_many_waiting", "Too many people wait for this room. Try again later.")
    return await unit.session.merge(_request(device, link, body))


def _request(device: Device, link: _Open, body: JoinPost) -> JoinRequest:
    package = checked_key_package(device, body.key_package, 0)
    return JoinRequest(
        room_id=link.stored.room_id,
        user_id=device.user_id,
        device_id=device.id,
        link_id=link.rules.id,
        inviter_id=link.rules.inviter,
        statement=body.statement,
        signature=body.signature,
        key_package=body.key_package,
        not_after=_earlier(package.not_after, link.rules.expiry),
        declined=False,
        created_at=now(),
    )


def _earlier(moment: datetime, milliseconds: int) -> datetime:
    return from_milliseconds(min(to_milliseconds(moment), milliseconds))
