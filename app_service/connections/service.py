"""Who may write to whom: requests, answers, removal, blocks.

Changes between two people take both accounts' locks first, so that crossing requests find each other. A person
who is blocked cannot tell: their request looks pending and reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app_service.accounts import repository as accounts
from app_service.connections import repository
from app_service.connections.schemas import (
    Answered,
    ConnectionChange,
    ConnectionItem,
    ConnectionMade,
    ConnectionRequest,
    ConnectionResponse,
    Connections,
    Peer,
    PendingRequest,
    PendingRequests,
    Requested,
    RequestMade,
    SeenKeys,
)
from app_service.db import Unit
from app_service.models import Block, Connection, User
from app_service.models.base import now
from app_service.realtime.events import ConnectionAccepted, ConnectionRemoved, Events, EventType
from shared.errors import ApiError, Conflict, Forbidden, Malformed, NotFound


@dataclass(frozen=True, repr=False)
class ConnectionService:
    events: Events

    async def request(self, unit: Unit, caller: UUID, body: ConnectionRequest) -> Requested:
        """Ask somebody; a request that crosses theirs accepts it."""
        me, peer = await self._pair(unit, caller, user_id=body.user_id, username=body.username)
        if await repository.blocks(unit.session, caller, peer.id):
            raise Forbidden("blocked", "You blocked this person. Unblock them first.")
        live = await repository.live_between(unit.session, caller, peer.id)
        if live is None:
            return await self._ask(unit, me, peer, body)
        if live.state == "connected":
            raise Conflict("already_connected", "You are connected already.")
        if live.requester_id == caller:
            raise Conflict("already_requested", "You asked this person already.")
        await self._accept(unit, live, peer, me, body)
        return Requested(id=live.id, state="connected", peer=_peer(peer), created_at=live.created_at)

    async def _ask(self, unit: Unit, me: User, peer: User, body: ConnectionRequest) -> Requested:
        low, high = sorted((me.id, peer.id))
        row = Connection(
            id=uuid7(),
            low_user_id=low,
            high_user_id=high,
            requester_id=me.id,
            state="pending",
            hidden=await repository.blocks(unit.session, peer.id, me.id),
            created_at=now(),
            requester_key_hash=body.own_key_hash,
            addressee_key_hash=body.peer_key_hash,
        )
        unit.session.add(row)
        await unit.session.flush()
        seen = {me.id: peer} if row.hidden else {me.id: peer, peer.id: me}
        payloads = {viewer: _json(RequestMade(request=_pending(viewer, row, other))) for viewer, other in seen.items()}
        await self.events.record(unit, "connection_request", payloads)
        return Requested(id=row.id, state="pending", peer=_peer(peer), created_at=row.created_at)

    async def respond(self, unit: Unit, caller: UUID, body: ConnectionResponse) -> Answered:
        """Accept or reject what one was asked. Accepting always succeeds and makes the session (P4.1)."""
        row = await repository.request_to(unit.session, caller, body.request_id)
        if row is None:
            raise NotFound("not_found", "There is no such request to you.")
        me, peer = await self._pair(unit, caller, user_id=row.requester_id)
        row = await repository.request_to(unit.session, caller, body.request_id)
        if row is None or row.state != "pending":
            raise Conflict("already_answered", "This request was answered or withdrawn.")
        if body.accept:
            await self._accept(unit, row, peer, me, body)
            session_id = await repository.session_between(unit.session, me.id, peer.id)
            return Answered(id=row.id, state="connected", session_id=session_id)
        row.state, row.answered_at = "rejected", now()
        await self._tell(unit, "connection_rejected", row, {me.id: peer, peer.id: me})
        return Answered(id=row.id, state="rejected", session_id=None)

    async def _accept(self, unit: Unit, row: Connection, requester: User, accepter: User, seen: SeenKeys) -> None:
        at = now()
        row.state, row.hidden, row.answered_at = "connected", False, at
        row.answer_addressee_key_hash, row.answer_requester_key_hash = seen.own_key_hash, seen.peer_key_hash
        pair = ((requester, accepter), (accepter, requester))
        payloads = {viewer.id: _json(_made(viewer.id, row, other, at)) for viewer, other in pair}
        await self.events.record(unit, "connection_accepted", payloads)
        await unit.session.flush()
        await self.events.publish(unit, ConnectionAccepted(requester.id, accepter.id))

    async def remove(self, unit: Unit, caller: UUID, peer_id: UUID) -> None:
        """End a connection, or withdraw one's own request."""
        me, peer = await self._pair(unit, caller, user_id=peer_id)
        row = await repository.live_between(unit.session, caller, peer_id)
        if row is None or (row.state == "pending" and row.requester_id != caller):
            raise NotFound("not_found", "You are not connected with this person.")
        await self._end(unit, row, me, peer)

    async def _end(self, unit: Unit, row: Connection, me: User, peer: User) -> None:
        was_connected = row.state == "connected"
        row.state, row.answered_at = ("removed" if was_connected else "withdrawn"), now()
        await self._tell(unit, "connection_removed", row, {me.id: peer} if row.hidden else {me.id: peer, peer.id: me})
        if was_connected:
            await unit.session.flush()
            await self.events.publish(unit, ConnectionRemoved(me.id, peer.id))

    async def block(self, unit: Unit, caller: UUID, peer_id: UUID) -> None:
        """From now on nothing of this person arrives; a connection stays, for the day of unblocking."""
        me, peer = await self._pair(unit, caller, user_id=peer_id)
        if await repository.blocks(unit.session, caller, peer_id):
            return
        unit.session.add(Block(user_id=caller, blocked_id=peer_id, created_at=now()))
        row = await repository.live_between(unit.session, caller, peer_id)
        if row is not None and row.state == "pending":
            if row.requester_id == caller:
                await self._end(unit, row, me, peer)
            else:
                row.hidden = True
        await self._tell(unit, "connection_blocked", None, {me.id: peer})

    async def unblock(self, unit: Unit, caller: UUID, peer_id: UUID) -> None:
        me, peer = await self._pair(unit, caller, user_id=peer_id)
        if await repository.unblock(unit.session, caller, peer_id):
            await self._tell(unit, "connection_unblocked", None, {me.id: peer})

    async def _pair(
        self, unit: Unit, caller: UUID, *, user_id: UUID | None = None, username: str | None = None
    ) -> tuple[User, User]:
        """The caller and the other person, both locked."""
        peer = await repository.person(unit.session, user_id=user_id, username=username)
        if peer is None:
            raise _nobody()
        if peer.id == caller:
            raise Malformed("not_yourself", "This is you.")
        await accounts.lock_users(unit.session, [caller, peer.id])
        me = await repository.person(unit.session, user_id=caller)
        if me is None:
            raise _nobody()
        return me, peer

    async def _tell(self, unit: Unit, kind: EventType, row: Connection | None, seen: Mapping[UUID, User]) -> None:
        at = row.answered_at if row is not None and row.answered_at is not None else now()
        request_id = row.id if row is not None else None
        changes = {
            viewer: ConnectionChange(request_id=request_id, peer=_peer(other), at=at) for viewer, other in seen.items()
        }
        await self.events.record(unit, kind, {viewer: _json(change) for viewer, change in changes.items()})


async def pending(session: AsyncSession, caller: UUID) -> PendingRequests:
    rows = await repository.pending(session, caller)
    return PendingRequests(items=[_pending(caller, row, peer) for row, peer in rows])


async def connections(session: AsyncSession, caller: UUID) -> Connections:
    """Everybody one is connected with, then those who are only blocked."""
    blocked = {person.id: person for person in await repository.blocked_people(session, caller)}
    connected = await repository.connected(session, caller)
    items = [_item(caller, row, peer, blocked=peer.id in blocked) for row, peer in connected]
    for _, peer in connected:
        blocked.pop(peer.id, None)
    items += [_item(caller, None, peer, blocked=True) for peer in blocked.values()]
    return Connections(items=items)


def _item(viewer: UUID, row: Connection | None, peer: User, *, blocked: bool) -> ConnectionItem:
    own, other = _named(viewer, row) if row is not None else (None, None)
    return ConnectionItem(
        id=row.id if row is not None else None,
        peer=_peer(peer),
        connected_at=row.answered_at if row is not None else None,
        blocked=blocked,
        own_key_hash=own,
        peer_key_hash=other,
    )


def _made(viewer: UUID, row: Connection, peer: User, at: datetime) -> ConnectionMade:
    own, other = _named(viewer, row)
    return ConnectionMade(request_id=row.id, peer=_peer(peer), at=at, own_key_hash=own, peer_key_hash=other)


def _named(viewer: UUID, row: Connection) -> tuple[bytes | None, bytes | None]:
    """The viewer's key and the other person's, as that other person named them in request or answer."""
    if row.requester_id == viewer:
        return row.answer_requester_key_hash, row.answer_addressee_key_hash
    return row.addressee_key_hash, row.requester_key_hash


def _pending(viewer: UUID, row: Connection, peer: User) -> PendingRequest:
    asked = row.requester_id == viewer
    own, other = row.requester_key_hash, row.addressee_key_hash
    return PendingRequest(
        id=row.id,
        direction="out" if asked else "in",
        peer=_peer(peer),
        created_at=row.created_at,
        own_key_hash=own if asked else other,
        peer_key_hash=other if asked else own,
    )


def _peer(user: User) -> Peer:
    return Peer(id=user.id, username=user.username)


def _json(payload: RequestMade | ConnectionChange) -> dict[str, object]:
    return payload.model_dump(mode="json")


def _nobody() -> ApiError:
    return NotFound("not_found", "There is no such person.")
