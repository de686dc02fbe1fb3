"""The line of clients that cannot hold a WebSocket: the same frames, asked for again and again (docs/events.md).

Promises: an answer holds what a socket would have been sent after the same cursors, in the same order; it is bounded,
and says when there is more. A device that asks counts as online, and has one living line, as with sockets.
Does not: wait for news, or remember cursors: each question brings its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app_service.accounts.access import DeviceCaller
from app_service.conversations.entries import Author
from app_service.conversations.schemas import Position
from app_service.socket.frames import Cursors, ServerFrame
from app_service.socket.outbox import Outbox
from app_service.socket.pump import Pump, quantum_frame
from app_service.socket.services import SocketServices
from app_service.socket.socket import IDLE_SECONDS
from shared.errors import Conflict
from shared.schemas.base import Wire
from shared.stoppable import Stoppable

MAX_CHARACTERS: Final = 1_048_576
"""From here on an answer ends, with the frame that crossed it."""


class Poll(Wire):
    line: UUID
    """Made by the client for each line that it opens."""
    opening: bool
    """The first question of this line: other lines of the device end."""
    cursors: Cursors
    event_cursor: Position | None
    delivered: Cursors
    """What `message_ack` says over a socket, for each conversation where it is new."""
    visible: bool = True
    """Whether others may know that this person is there; what the line opens with stays."""


class PollAnswer(Wire):
    frames: list[ServerFrame]
    more: bool
    """The answer was cut: ask on at once."""


class PolledLine:
    """Stands in the hub for a device that asks. There is nothing to wake: it reads after its cursors when it comes."""

    def __init__(self, caller: DeviceCaller, line_id: UUID, *, visible: bool) -> None:
        self.line_id = line_id
        self.visible = visible
        self.user_id = caller.user_id
        self.device_id = caller.device_id
        self.sign_in_id = caller.sign_in_id
        self.heard_at = time.monotonic()
        self._ended = False

    def is_over(self, at: float) -> bool:
        return self._ended or at - self.heard_at > IDLE_SECONDS

    def signed_out(self, because: str) -> None:
        self._ended = True

    def replaced(self) -> None:
        self._ended = True

    def offer(self, *_: object) -> None: ...
    def behind(self, log: UUID) -> None: ...
    def has_events(self) -> None: ...
    def tell(self, frame: str) -> None: ...
    def hint(self, log: UUID, frame: str) -> None: ...

    def tell_of(self, log: UUID, frame: str) -> None: ...


class _Full(Exception):
    """The answer holds as much as it may."""


class _Basket:
    def __init__(self) -> None:
        self.frames: list[str] = []
        self._left = MAX_CHARACTERS

    async def put(self, frames: Sequence[str]) -> None:
        for text in frames:
            self.frames.append(text)
            self._left -= len(text)
            if self._left <= 0:
                raise _Full


@dataclass(frozen=True, repr=False)
class PollingService:
    services: SocketServices

    async def answer(self, caller: DeviceCaller, poll: Poll) -> str:
        """`PollAnswer` as JSON text. 409 `replaced` when another line of this device is alive."""
        await self._enter(caller, poll)
        basket, outbox = _Basket(), Outbox()
        pump = Pump(basket.put, Stoppable(), outbox, self.services, Author(caller.user_id, caller.device_id))
        more = False
        try:
            await pump.begin(poll.cursors, poll.event_cursor, _follow_nothing)
            await basket.put([quantum_frame(self.services.monitor.available)])
            await pump.turn(_follow_nothing)
        except _Full:
            more = True
        self._note(caller, poll, outbox)
        return f'{{"frames":[{",".join(basket.frames)}],"more":{"true" if more else "false"}}}'

    async def _enter(self, caller: DeviceCaller, poll: Poll) -> None:
        hub = self.services.hub
        line = hub.of_device(caller.device_id)
        if isinstance(line, PolledLine) and (line.line_id, line.sign_in_id) == (poll.line, caller.sign_in_id):
            line.heard_at = time.monotonic()
            return
        if line is not None and not poll.opening:
            raise Conflict("replaced", "This device has another line by now.")
        if hub.add(PolledLine(caller, poll.line, visible=poll.visible)):
            await self.services.presence.changed(caller.user_id)

    def _note(self, caller: DeviceCaller, poll: Poll, outbox: Outbox) -> None:
        for log_id, seq in poll.delivered.items():
            if log_id in outbox.cursors:
                self.services.receipts.note(log_id, caller.device_id, seq)


def _follow_nothing(_log_id: UUID) -> None:
    """A question is over with its answer."""
