"""Who is online, told to the people who are connected with them and neither blocks (docs/api.md, *Connections*)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app_service.conversations.repository import connected_with
from app_service.conversations.rows import frame
from app_service.db import Database
from app_service.realtime.hub import Hub


@dataclass(frozen=True, repr=False)
class PresenceService:
    database: Database
    hub: Hub

    async def visible(self, user_id: UUID) -> set[UUID]:
        async with self.database.read() as session:
            return await connected_with(session, user_id)

    async def changed(self, user_id: UUID) -> None:
        """The account's first socket opened, or its last one closed."""
        people = await self.visible(user_id)
        # As it is now: of two changes close together, the one that looked longer may speak last.
        self.hub.tell_accounts(people, presence_frame(user_id, online=bool(self.hub.online([user_id]))))

    async def relation_changed(self, user_id: UUID, peer_id: UUID) -> None:
        """Two people began or ceased to see each other."""
        visible = peer_id in await self.visible(user_id)
        for one, other in ((user_id, peer_id), (peer_id, user_id)):
            online = visible and bool(self.hub.online([other]))
            self.hub.tell_accounts([one], presence_frame(other, online=online))


def presence_frame(user_id: UUID, *, online: bool) -> str:
    return frame("presence", {"user_id": str(user_id), "online": online})
