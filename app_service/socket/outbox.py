"""What waits to be sent on one socket: few frames, and for the rest only the places where to read on.

Promises: bounded, whatever happens while the socket is slow. Rows of a log go out ascending and without gaps: a frame
is taken from the hub only when it continues the cursor, else the log is marked to be read from there. To its sender
the ack of a message is its row; the row itself goes out only together with others.
Does not: send, or read the database (`connection.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from uuid import UUID

MAX_FRAMES: Final = 64
MAX_TOGETHER: Final = 65_536
"""From here on frames that wait go out after those before them were taken: a slow line shows that it moves."""
MAX_CHARACTERS: Final = 524_288
"""From here on rows are read later instead. Answers to the client's own frames still fit: it may not send more."""


class Outbox:
    def __init__(self) -> None:
        self.frames: deque[str] = deque()
        self.cursors: dict[UUID, int] = {}
        """Seq of the last row that was sent or waits in `frames`, per log."""
        self.in_group: set[UUID] = set()
        """Logs whose rows this device reads as the group does."""
        self.behind: set[UUID] = set()
        self.over: set[UUID] = set()
        """Logs that the account has left: nothing more is told of them."""
        self.events = False
        self.stale = False
        """A frame about state was dropped: tell all of it anew."""
        self.reading: UUID | None = None
        """The log that is being read just now; what comes meanwhile is read after it."""
        self.changed = asyncio.Event()

    def offer(self, log: UUID, first: int, last: int, frame: Callable[[], str]) -> None:
        cursor = self.cursors.get(log)
        if cursor is None or cursor >= last:
            return
        if cursor >= first - 1 and self._in_step(log) and self._has_room():
            self.frames.append(frame())
            self.cursors[log] = last
        else:
            self.behind.add(log)
        self.changed.set()

    def _in_step(self, log: UUID) -> bool:
        """Whether the cursor is where the sent frames end, and the device reads what the group does."""
        return log in self.in_group and log not in self.behind and log != self.reading

    def _has_room(self) -> bool:
        return len(self.frames) < MAX_FRAMES and sum(map(len, self.frames)) < MAX_CHARACTERS

    def mark_behind(self, log: UUID) -> None:
        if log in self.cursors:
            self.behind.add(log)
            self.changed.set()

    def mark_events(self) -> None:
        self.events = True
        self.changed.set()

    def tell(self, frame: str) -> None:
        """A frame about state; when there is no room, the whole state is told later."""
        if self._has_room():
            self.frames.append(frame)
        else:
            self.stale = True
        self.changed.set()

    def tell_of(self, log: UUID, frame: str) -> None:
        """A frame about the state of a log."""
        if log not in self.over:
            self.tell(frame)

    def reads(self, log: UUID) -> bool:
        """Whether this device is in the group of a log that goes on for its account."""
        return log in self.in_group and log not in self.over

    def hint(self, log: UUID, frame: str) -> None:
        """A frame that nobody misses when there is no room for it."""
        if self.reads(log) and self._has_room():
            self.frames.append(frame)
            self.changed.set()

    def answer(self, frame: str) -> None:
        """An answer to a frame of the client, who may have only so many open."""
        self.frames.append(frame)
        self.changed.set()

    def take(self) -> list[str]:
        """What goes out next, together."""
        return taken(self.frames)

    def acknowledge(self, log: UUID, seq: int, frame: str) -> None:
        """Answer a message of the client, which is row `seq` now."""
        if self.cursors.get(log) == seq - 1 and self._in_step(log):
            self.cursors[log] = seq
        self.answer(frame)


def taken(waiting: deque[str]) -> list[str]:
    """From the front: at least one, and few enough to go out together."""
    frames = [waiting.popleft()]
    length = len(frames[0])
    while waiting and (length := length + len(waiting[0])) <= MAX_TOGETHER:
        frames.append(waiting.popleft())
    return frames
