"""What people do with rooms: look, begin, invite, leave, end. All else is a commit or a message (`conversations/`)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app_service.accounts import repository as accounts
from app_service.conversations import repository as conversations
from app_service.conversations.claims import claim_for_invitation
from app_service.conversations.closing import ClosingService
from app_service.conversations.entries import Author
from app_service.conversations.refusals import message_required, not_active, not_found
from app_service.conversations.schemas import ClaimedPackages
from app_service.db import Database
from app_service.rooms import repository
from app_service.rooms.lifecycle import RoomLifecycle
from app_service.rooms.schemas import LastWord, RoomList, RoomView
from app_service.rooms.views import views


@dataclass(frozen=True, repr=False)
class RoomService:
    database: Database
    lifecycle: RoomLifecycle
    closing: ClosingService

    async def all(self, user_id: UUID) -> RoomList:
        async with self.database.read() as session:
            return RoomList(items=await views(session, user_id))

    async def one(self, user_id: UUID, room_id: UUID) -> RoomView:
        async with self.database.read() as session:
            found = await views(session, user_id, [room_id])
        if not found:
            raise not_found()
        return found[0]

    async def create(self, user_id: UUID) -> RoomView:
        async with self.database.write() as unit:
            await accounts.lock_users(unit.session, [user_id])
            room = await self.lifecycle.create(unit, user_id)
        return await self.one(user_id, room.id)

    async def invite(self, author: Author, room_id: UUID, user_id: UUID) -> ClaimedPackages:
        """Key packages of a connected person's devices, for the commit that adds them."""
        async with self.database.write() as unit:
            return await claim_for_invitation(unit, author, room_id, user_id)

    async def leave(self, author: Author, room_id: UUID, last: LastWord) -> RoomView:
        await self.closing.leave(author, room_id, last.client_id, last.epoch, last.message)
        return await self.one(author.user_id, room_id)

    async def end(self, author: Author, room_id: UUID, last: LastWord | None) -> RoomView:
        """End a room: with a group only by its owner's last message, so that clients can tell it from the server."""
        if last is None:
            await self._end_without_group(author.user_id, room_id)
        else:
            await self.one(author.user_id, room_id)
            await self.closing.close(author, room_id, last.client_id, last.epoch, last.message)
        return await self.one(author.user_id, room_id)

    async def _end_without_group(self, user_id: UUID, room_id: UUID) -> None:
        async with self.database.write() as unit:
            people = await conversations.lock_accounts(unit.session, room_id)
            room = await repository.locked(unit.session, room_id)
            if room is None or user_id not in people:
                raise not_found()
            if room.state == "active":
                raise message_required()
            if room.state == "terminated":
                raise not_active()
            await self.lifecycle.terminate(unit, room)
