"""Sends what a socket's outbox says, and reads from the database what it says to read on from."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import pages, repository
from app_service.conversations.entries import Author
from app_service.conversations.repository import Delivered, Log
from app_service.conversations.rows import frame, time_text
from app_service.models.base import now
from app_service.realtime import stored
from app_service.realtime.stored import StoredEvent
from app_service.rooms.schemas import RoomView
from app_service.rooms.views import views as rooms
from app_service.sessions.schemas import SessionView
from app_service.sessions.views import views as sessions
from app_service.socket.outbox import Outbox, taken
from app_service.socket.presence import presence_frame
from app_service.socket.services import SocketServices
from shared.errors import Unavailable
from shared.stoppable import Stoppable

HEARTBEAT_SECONDS: Final = 25
PAGE_ROWS: Final = 50
PAGE_EVENTS: Final = 100
AWAY_SECONDS: Final = 1.0

_RELATIONS: Final = frozenset(
    {"connection_accepted", "connection_removed", "connection_blocked", "connection_unblocked"}
)


_VIEWS: Final[dict[str, Callable[..., Awaitable[Sequence[SessionView | RoomView]]]]] = {
    "session": sessions,
    "room": rooms,
}


class Pump:
    def __init__(
        self,
        send: Callable[[Sequence[str]], Awaitable[None]],
        side: Stoppable,
        outbox: Outbox,
        services: SocketServices,
        author: Author,
    ) -> None:
        self._send_frames = send
        self._side = side
        self._outbox = outbox
        self._services = services
        self._author = author
        self._event_cursor = 0
        self._drained = asyncio.Event()
        self._sending_since: float | None = None

    def blocked_for(self, at: float) -> float:
        """For how many seconds the client has taken nothing."""
        return 0.0 if self._sending_since is None else at - self._sending_since

    async def drained(self) -> None:
        """Wait until something was sent."""
        self._drained.clear()
        await self._drained.wait()

    async def begin(self, cursors: Mapping[UUID, int], event_cursor: int | None, join: Callable[[UUID], None]) -> None:
        """Say `hello_ok` and take up the cursors; `join` is called with each log to follow."""
        outbox, hub, user_id = self._outbox, self._services.hub, self._author.user_id
        with hub.noting() as grown:
            async with self._services.database.read() as session:
                visible = await repository.connected_with(session, user_id)
                kept = await stored.kept(session, user_id)
                logs = await repository.logs_for(session, self._author)
                mine = [log.conversation_id for log in logs if not log.over]
                delivered, seen = await _reached(session, mine)
            for log in logs:
                self._take_up(log, cursors.get(log.conversation_id, 0))
                join(log.conversation_id)
            for log_id in grown:
                outbox.mark_behind(log_id)
        resync = event_cursor is None or not kept.first - 1 <= event_cursor <= kept.last
        self._event_cursor = kept.last if resync or event_cursor is None else event_cursor
        if self._event_cursor < kept.last:
            outbox.mark_events()
        await self._send(
            frame(
                "hello_ok",
                {
                    "user_id": str(user_id),
                    "device_id": str(self._author.device_id),
                    "heartbeat_seconds": HEARTBEAT_SECONDS,
                    "event_cursor": self._event_cursor,
                    "resync": resync,
                    "online": [str(each) for each in sorted(hub.online(visible))],
                    "time": time_text(now()),
                },
            )
        )
        await self._send_receipts(delivered, seen)

    def _take_up(self, log: Log, cursor: int) -> None:
        # A cursor beyond the head can only come from a log that this database has lost: the client tells.
        outbox = self._outbox
        outbox.cursors[log.conversation_id] = min(cursor, log.seq)
        self._note(log)
        if cursor < log.seq:
            outbox.mark_behind(log.conversation_id)

    def _note(self, log: Log) -> None:
        """Whether the device reads on, and the account is in it still."""
        outbox, log_id = self._outbox, log.conversation_id
        (outbox.in_group.add if log.view.reads_on else outbox.in_group.discard)(log_id)
        (outbox.over.add if log.over else outbox.over.discard)(log_id)

    async def run(self, join: Callable[[UUID], None]) -> None:
        """Send for ever; `join` is called with logs that begin to concern this socket."""
        outbox = self._outbox
        while True:
            with self._side:
                await outbox.changed.wait()
            outbox.changed.clear()
            try:
                await self.turn(join)
            except Unavailable:  # the database is away; everything is still marked
                outbox.events = outbox.stale = True
                outbox.behind.update(outbox.cursors)
                outbox.changed.set()
                with self._side:
                    await asyncio.sleep(AWAY_SECONDS)

    async def turn(self, join: Callable[[UUID], None]) -> None:
        """Send what there is to send now."""
        outbox = self._outbox
        await self._drain()
        if outbox.events:
            outbox.events = False
            await self._catch_up_events(join)
        while outbox.behind:
            await self._catch_up(outbox.behind.pop())
        if outbox.stale:
            outbox.stale = False
            await self._tell_receipts()
            await self._tell_presence()
            await self._send(quantum_frame(self._services.monitor.available))

    async def _drain(self) -> None:
        while self._outbox.frames:
            await self._send(*self._outbox.take())
        self._drained.set()

    async def _send(self, *frames: str) -> None:
        self._sending_since = time.monotonic()
        with self._side:
            await self._send_frames(frames)
        self._sending_since = None

    async def _send_all(self, frames: Iterable[str]) -> None:
        waiting = deque(frames)
        while waiting:
            await self._send(*taken(waiting))

    async def _catch_up(self, log_id: UUID) -> None:
        """Read a log from its cursor to its head."""
        outbox = self._outbox
        outbox.reading = log_id
        try:
            more = True
            while more:
                await self._drain()
                more = await self._send_page(log_id)
        finally:
            outbox.reading = None

    async def _send_page(self, log_id: UUID) -> bool:
        cursors = self._outbox.cursors
        async with self._services.database.read() as session:
            log = await repository.log_for(session, self._author, log_id)
            rows = await pages.page_after(session, log, cursors[log_id], PAGE_ROWS)
        self._note(log)
        if rows:
            received = {"conversation_id": str(log_id), "rows": rows, "head_seq": log.seq}
            await self._send(frame("message_receive", received))
            cursors[log_id] = rows[-1]["seq"]
        return cursors[log_id] < log.seq

    async def _catch_up_events(self, join: Callable[[UUID], None]) -> None:
        while True:
            await self._drain()
            async with self._services.database.read() as session:
                events = await stored.after(session, self._author.user_id, self._event_cursor, PAGE_EVENTS)
                shown = await self._shown(session, events)
            await self._send_all([await self._event(event, shown, join) for event in events])
            if events:
                self._event_cursor = events[-1].seq
            if len(events) < PAGE_EVENTS:
                return

    async def _shown(self, session: AsyncSession, events: list[StoredEvent]) -> dict[str, dict[str, Any]]:
        """The sessions and rooms that these events are about, as they are now."""
        shown: dict[str, dict[str, Any]] = {}
        for noun, views in _VIEWS.items():
            wanted = {UUID(event.payload[f"{noun}_id"]) for event in events if event.type.startswith(f"{noun}_")}
            found = await views(session, self._author.user_id, wanted) if wanted else ()
            shown |= {str(view.id): view.model_dump(mode="json") for view in found}
        return shown

    async def _event(self, event: StoredEvent, shown: Mapping[str, Any], join: Callable[[UUID], None]) -> str:
        payload = event.payload
        noun = event.type.partition("_")[0]
        if noun in _VIEWS:
            payload = {noun: shown[payload[f"{noun}_id"]]}
            log_id = UUID(payload[noun]["id"])
            if event.type == "room_created":
                self._outbox.over.discard(log_id)
                self._outbox.mark_behind(log_id)
            if log_id not in self._outbox.cursors:
                self._outbox.cursors[log_id] = 0
                join(log_id)
                self._outbox.mark_behind(log_id)
        if event.type in _RELATIONS:
            await self._services.presence.relation_changed(self._author.user_id, UUID(payload["peer"]["id"]))
        return frame(event.type, {**payload, "cursor": event.seq})

    async def _tell_receipts(self) -> None:
        """Where the devices of everybody stand: not a row, so not after any cursor."""
        async with self._services.database.read() as session:
            mine = self._outbox.cursors.keys() - self._outbox.over
            delivered, seen = await _reached(session, mine)
        await self._send_receipts(delivered, seen)

    async def _send_receipts(self, delivered: Iterable[Delivered], seen: Iterable[Delivered]) -> None:
        await self._send_all(reached_frame("receipt", each) for each in delivered)
        await self._send_all(reached_frame("seen", each) for each in seen)

    async def _tell_presence(self) -> None:
        visible = await self._services.presence.visible(self._author.user_id)
        online = self._services.hub.online(visible)
        await self._send_all(presence_frame(user_id, online=user_id in online) for user_id in sorted(visible))


async def _reached(session: AsyncSession, logs: Collection[UUID]) -> tuple[list[Delivered], list[Delivered]]:
    """How far everybody has the logs, and lets others know that it has read them."""
    return await repository.delivered(session, logs), await repository.seen(session, logs)


def reached_frame(kind: str, told: Delivered) -> str:
    where = {"conversation_id": str(told.conversation_id), "user_id": str(told.user_id), "seq": told.seq}
    return frame(kind, where)


def quantum_frame(available: bool) -> str:
    return frame("quantum_status", {"available": available})
