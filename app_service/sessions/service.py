"""What people do with their sessions: look, begin, end, rotate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app_service.accounts import repository as accounts
from app_service.accounts.tokens import Caller
from app_service.conversations import repository as conversations
from app_service.conversations.closing import ClosingService
from app_service.conversations.entries import Author
from app_service.conversations.refusals import blocked, message_required, not_active, not_connected, not_found
from app_service.db import Database
from app_service.models import Session
from app_service.realtime.events import Events
from app_service.realtime.hub import Hub
from app_service.sessions import repository
from app_service.sessions.lifecycle import SessionLifecycle
from app_service.sessions.schemas import SessionList, SessionView, Termination
from app_service.sessions.views import views
from shared.errors import Conflict, Forbidden


@dataclass(frozen=True, repr=False)
class SessionService:
    database: Database
    events: Events
    hub: Hub
    lifecycle: SessionLifecycle
    closing: ClosingService

    async def status(self, caller: Caller, session_id: UUID | None) -> SessionList:
        """All sessions of the account, or one."""
        async with self.database.read() as session:
            items = await views(session, caller.user_id, None if session_id is None else [session_id])
        if session_id is not None and not items:
            raise not_found()
        return SessionList(items=items)

    async def begin(self, caller: Caller, peer_id: UUID) -> SessionView:
        """A new session between connected people, after the one before it was terminated."""
        async with self.database.write() as unit:
            await accounts.lock_users(unit.session, [caller.user_id, peer_id])
            if not await repository.connected(unit.session, caller.user_id, peer_id):
                raise not_connected()
            if await repository.blocked(unit.session, caller.user_id, peer_id):
                raise blocked()
            live = await repository.live_between(unit.session, caller.user_id, peer_id)
            if live is not None:
                raise Conflict("session_exists", "You have a session already.", details={"session_id": str(live.id)})
            # Whoever begins is online: their client founds the group.
            created = await self.lifecycle.create(unit, caller.user_id, peer_id, accepted_by=caller.user_id)
        return await self._view(caller.user_id, created.id)

    async def terminate(self, caller: Caller, body: Termination) -> SessionView:
        """End a session: with a group only by a member's last message, so that clients can tell it from the server."""
        target = await self._target(caller.user_id, body.session_id)
        if target.state == "active" or (target.state == "terminated" and body.message is not None):
            await self._send_last(caller, target.id, body)
        else:
            await self._end_without_group(caller.user_id, target.id)
        return await self._view(caller.user_id, target.id)

    async def _send_last(self, caller: Caller, session_id: UUID, body: Termination) -> None:
        if body.message is None or body.client_id is None or body.epoch is None:
            raise message_required()
        if caller.device_id is None:
            raise Forbidden("device_required", "This call needs a sign-in that is bound to a device.")
        author = Author(caller.user_id, caller.device_id)
        await self.closing.close(author, session_id, body.client_id, body.epoch, body.message)

    async def _end_without_group(self, user_id: UUID, session_id: UUID) -> None:
        async with self.database.write() as unit:
            await conversations.lock_accounts(unit.session, session_id)
            session = await repository.locked(unit.session, session_id)
            if session is None:
                raise not_found()
            if session.state == "terminated":
                raise not_active()
            if session.state == "active":  # founded a moment ago
                raise message_required()
            await self.lifecycle.terminate_without_group(unit, session)

    async def rotate(self, caller: Caller, session_id: UUID | None) -> int:
        """Ask the account's online clients for a commit; how many were asked."""
        target = await self._target(caller.user_id, session_id)
        if target.state != "active":
            raise not_active()
        asked = self.hub.sockets_of(caller.user_id)
        if asked:
            async with self.database.write() as unit:
                payload = {"session_id": str(target.id)}
                await self.events.record(unit, "rotate_requested", {caller.user_id: payload})
        return asked

    async def _target(self, user_id: UUID, session_id: UUID | None) -> Session:
        """The session meant: by id, else the only active one, else the only one that is not over."""
        async with self.database.read() as session:
            if session_id is not None:
                rows = await repository.found(session, user_id, [session_id])
                return _only([row.session for row in rows])
            live = await repository.live_of(session, user_id)
        return _only([each for each in live if each.state == "active"] or live)

    async def _view(self, user_id: UUID, session_id: UUID) -> SessionView:
        async with self.database.read() as session:
            (view,) = await views(session, user_id, [session_id])
        return view


def _only(sessions: Sequence[Session]) -> Session:
    if not sessions:
        raise not_found()
    if len(sessions) > 1:
        ids = [str(each.id) for each in sessions]
        raise Conflict("session_ambiguous", "You have several sessions. Name one.", details={"session_ids": ids})
    return sessions[0]
