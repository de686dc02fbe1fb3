"""How sessions come to be, go on and end: `waiting_for_devices → establishing → active → terminated` (PROTOCOL.md 4.1).

Each step is taken in the transaction of the change that causes it: an accepted connection, a new device, a first
commit, a last message, a removed connection. `terminated` is final.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations.beginning import begin_log
from app_service.conversations.closing import LogClosed
from app_service.conversations.commits import CommitLogged
from app_service.conversations.lost_devices import StateLost
from app_service.conversations.refusals import not_establishing, not_found
from app_service.db import Unit
from app_service.models import Session
from app_service.models.base import now
from app_service.realtime.events import (
    ConnectionAccepted,
    ConnectionRemoved,
    DeviceAdded,
    DeviceRevoked,
    Events,
    EventType,
)
from app_service.sessions import repository

_WITHOUT_GROUP = ("waiting_for_devices", "establishing")


@dataclass(frozen=True)
class SessionLifecycle:
    events: Events
    server_name: str

    def subscribe(self) -> None:
        """Take each step within the transaction that causes it."""
        self.events.subscribe(ConnectionAccepted, self._on_accepted)
        self.events.subscribe(ConnectionRemoved, self._on_removed)
        self.events.subscribe(DeviceAdded, self._on_device_added)
        self.events.subscribe(DeviceRevoked, self._on_device_revoked)
        self.events.subscribe(CommitLogged, self._on_commit)
        self.events.subscribe(LogClosed, self._on_closed)
        self.events.subscribe(StateLost, self._on_lost)

    async def create(self, unit: Unit, asked_by: UUID, other: UUID, *, accepted_by: UUID) -> Session:
        """A new session and its empty log. The client of `accepted_by` founds the group first."""
        low, high = sorted((asked_by, other))
        log = await begin_log(unit, "session", (asked_by, other), self.server_name)
        session = Session(
            id=log.id,
            user1_id=asked_by,
            user2_id=other,
            low_user_id=low,
            high_user_id=high,
            created_at=log.created_at,
            state=await _first_state(unit.session, {asked_by, other}),
            accepted_by=accepted_by,
            founder_device_id=None,
            terminated_at=None,
            closed_by=None,
        )
        unit.session.add(session)
        await unit.session.flush()
        await self._tell(unit, "session_created", session)
        return session

    async def terminate_without_group(self, unit: Unit, session: Session) -> None:
        """End a session that has no group yet; nobody has anything to erase."""
        await self._terminate(unit, session)

    async def _on_accepted(self, unit: Unit, event: ConnectionAccepted) -> None:
        # A session that was kept when the connection was removed goes on.
        if await repository.live_between(unit.session, event.requester_id, event.accepter_id) is None:
            await self.create(unit, event.requester_id, event.accepter_id, accepted_by=event.accepter_id)

    async def _on_removed(self, unit: Unit, event: ConnectionRemoved) -> None:
        session = await repository.live_between(unit.session, event.user_id, event.peer_id)
        if session is not None and session.state in _WITHOUT_GROUP:
            await self._terminate(unit, session)

    async def _on_device_added(self, unit: Unit, event: DeviceAdded) -> None:
        for session in await repository.live_of(unit.session, event.user_id):
            if session.state == "waiting_for_devices":
                session.state = await _first_state(unit.session, {session.user1_id, session.user2_id})
                await self._tell(unit, "session_updated", session)

    async def _on_device_revoked(self, unit: Unit, event: DeviceRevoked) -> None:
        """Whoever has no device left is waited for again, visibly (`waiting_for`)."""
        if await repository.with_device(unit.session, [event.user_id]):
            return
        for session in await repository.live_of(unit.session, event.user_id):
            if session.state in _WITHOUT_GROUP:
                session.state = "waiting_for_devices"
                await self._tell(unit, "session_updated", session)

    async def _on_commit(self, unit: Unit, event: CommitLogged) -> None:
        if event.kind != "session":
            return
        session = await _locked(unit.session, event.conversation_id)
        if event.founder_device_id is not None:
            if session.state != "establishing":
                raise not_establishing()
            session.state, session.founder_device_id = "active", event.founder_device_id
        await self._tell(unit, "session_updated", session)

    async def _on_closed(self, unit: Unit, event: LogClosed) -> None:
        if event.kind == "session":
            await self._terminate(unit, await _locked(unit.session, event.conversation_id))

    async def _on_lost(self, unit: Unit, event: StateLost) -> None:
        if event.kind == "session":
            await self._tell(unit, "session_updated", await _locked(unit.session, event.conversation_id))

    async def _terminate(self, unit: Unit, session: Session) -> None:
        session.state, session.terminated_at, session.closed_by = "terminated", now(), "member"
        await self._tell(unit, "session_terminated", session)

    async def _tell(self, unit: Unit, kind: EventType, session: Session) -> None:
        """Both people; the socket shows the session as it is when it tells (`views.py`)."""
        payload = {"session_id": str(session.id)}
        await unit.session.flush()
        await self.events.record(unit, kind, dict.fromkeys((session.user1_id, session.user2_id), payload))


async def _locked(session: AsyncSession, session_id: UUID) -> Session:
    found = await repository.locked(session, session_id)
    if found is None:
        raise not_found()
    return found


async def _first_state(session: AsyncSession, people: Iterable[UUID]) -> str:
    wanted = set(people)
    ready = await repository.with_device(session, wanted) == wanted
    return "establishing" if ready else "waiting_for_devices"
