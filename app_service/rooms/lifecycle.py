"""How rooms come to be, change and end: `establishing → active → terminated`.

Each step is taken in the transaction of the change that causes it: a first commit, a commit that changes who is in the
room or what they may do, a leave, a last message. `terminated` is final.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, literal, or_, select

from app_service.accounts import repository as accounts
from app_service.conversations import repository as conversations
from app_service.conversations.beginning import begin_log
from app_service.conversations.closing import LogClosed, MemberLeft
from app_service.conversations.commits import CommitLogged
from app_service.conversations.lost_devices import StateLost
from app_service.conversations.refusals import not_establishing, not_found
from app_service.conversations.room_commits import RoomAfter
from app_service.db import Unit
from app_service.models import JoinRequest, Room, RoomLink
from app_service.models.base import now
from app_service.realtime.events import Events, EventType
from app_service.rooms import repository
from app_service.rooms.schemas import Inviter, JoinState, JoinView


def join_view(request: JoinRequest, inviter: str, *, over: bool = False) -> JoinView:
    """A request as its joiner sees it."""
    state: JoinState = "declined" if request.declined else "waiting"
    return JoinView(
        room_id=request.room_id,
        inviter=Inviter(id=request.inviter_id, username=inviter),
        state="over" if over else state,
        expires_at=request.not_after,
        created_at=request.created_at,
    )


@dataclass(frozen=True)
class RoomLifecycle:
    events: Events
    server_name: str

    def subscribe(self) -> None:
        """Take each step within the transaction that causes it."""
        self.events.subscribe(CommitLogged, self._on_commit)
        self.events.subscribe(MemberLeft, self._on_left)
        self.events.subscribe(LogClosed, self._on_closed)
        self.events.subscribe(StateLost, self._on_lost)

    async def create(self, unit: Unit, creator_id: UUID) -> Room:
        """A room of one, whose group its creator founds."""
        log = await begin_log(unit, "room", (creator_id,), self.server_name)
        room = Room(
            id=log.id,
            created_at=log.created_at,
            state="establishing",
            founder_device_id=None,
            policy=None,
            profile_hash=None,
            ended_at=None,
        )
        unit.session.add(room)
        await self._tell(unit, "room_created", room.id, [creator_id])
        return room

    async def terminate(self, unit: Unit, room: Room) -> None:
        room.state, room.ended_at = "terminated", now()
        await self._decline(unit, JoinRequest.room_id == room.id)
        await self._tell_all(unit, "room_terminated", room.id)

    async def _on_commit(self, unit: Unit, event: CommitLogged) -> None:
        after = event.room
        if after is None:
            return
        room = await self._locked(unit, event.conversation_id)
        if event.founder_device_id is not None:
            if room.state != "establishing":
                raise not_establishing()
            room.state, room.founder_device_id = "active", event.founder_device_id
        await self._settle_requests(unit, room.id, after)
        await self._tell(unit, "room_created", room.id, after.joined)
        people = await conversations.participants(unit.session, room.id)
        await self._tell(unit, "room_updated", room.id, (people | after.gone) - after.joined)

    async def asked(self, unit: Unit, request: JoinRequest) -> None:
        await self._tell_all(unit, "room_updated", request.room_id)
        await self._tell_joiner(unit, request)

    async def dropped(self, unit: Unit, request: JoinRequest, *, withdrawn: bool) -> None:
        """Withdrawn or declined: the joiner keeps the answer until it is withdrawn or asked anew."""
        if withdrawn:
            await unit.session.delete(request)
        else:
            request.declined = True
        await self._tell_joiner(unit, request, over=withdrawn)
        await self._tell_all(unit, "room_updated", request.room_id)

    async def _settle_requests(self, unit: Unit, room_id: UUID, after: RoomAfter) -> None:
        """Who is in waits no more; nobody waits in vain: by a link that is none, after a ban, for an earlier group."""
        await unit.session.execute(delete(RoomLink).where(RoomLink.id.in_(after.revoked), RoomLink.room_id == room_id))
        let_in = and_(JoinRequest.room_id == room_id, JoinRequest.user_id.in_(after.joined))
        for request in list(await unit.session.scalars(select(JoinRequest).where(let_in))):
            await unit.session.delete(request)
            await self._tell_joiner(unit, request, over=True)
        in_vain = or_(
            literal(after.anew), JoinRequest.user_id.in_(after.policy.banned), JoinRequest.link_id.in_(after.revoked)
        )
        await self._decline(unit, and_(JoinRequest.room_id == room_id, in_vain))

    async def _decline(self, unit: Unit, which: ColumnElement[bool]) -> None:
        query = select(JoinRequest).where(which, JoinRequest.declined.is_(False))
        for request in list(await unit.session.scalars(query)):
            request.declined = True
            await self._tell_joiner(unit, request)

    async def _tell_joiner(self, unit: Unit, request: JoinRequest, *, over: bool = False) -> None:
        names = await accounts.usernames(unit.session, [request.inviter_id])
        shown = join_view(request, names[request.inviter_id], over=over).model_dump(mode="json")
        await self.events.record(unit, "join_updated", {request.user_id: {"join": shown}})

    async def _on_left(self, unit: Unit, event: MemberLeft) -> None:
        people = await conversations.participants(unit.session, event.conversation_id)
        await self._tell(unit, "room_updated", event.conversation_id, people | {event.user_id})

    async def _on_closed(self, unit: Unit, event: LogClosed) -> None:
        if event.kind == "room":
            await self.terminate(unit, await self._locked(unit, event.conversation_id))

    async def _on_lost(self, unit: Unit, event: StateLost) -> None:
        if event.kind == "room":
            await self._tell_all(unit, "room_updated", event.conversation_id)

    async def _tell_all(self, unit: Unit, kind: EventType, room_id: UUID) -> None:
        await self._tell(unit, kind, room_id, await conversations.participants(unit.session, room_id))

    async def _tell(self, unit: Unit, kind: EventType, room_id: UUID, people: Collection[UUID]) -> None:
        """The socket shows the room as it is when it tells (`views.py`)."""
        await unit.session.flush()
        await self.events.record(unit, kind, {person: {"room_id": str(room_id)} for person in people})

    @staticmethod
    async def _locked(unit: Unit, room_id: UUID) -> Room:
        found = await repository.locked(unit.session, room_id)
        if found is None:
            raise not_found()
        return found
