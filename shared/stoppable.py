"""A task that can be stopped where it waits for somebody else, and never in the middle of a database call.

A cancelled database call costs its connection; and what it leaves behind is closed when nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

FINISH_SECONDS: Final = 3.0
"""How long work in hand may take to end before it is cut off: whoever stops the service waits for it."""


class Stoppable:
    """`with stoppable:` surrounds each wait in which it may be stopped."""

    def __init__(self) -> None:
        self._stopping = False
        self._waits = False
        self.task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.task = asyncio.create_task(work)
        return self.task

    def stop(self) -> None:
        """End the task at its next wait, at once if it is waiting."""
        self._stopping = True
        if self._waits and self.task is not None:
            self.task.cancel()

    async def end(self) -> None:
        """Stop, and wait until what is in hand is finished, or has taken too long."""
        self.stop()
        if self.task is not None:
            await asyncio.wait([self.task], timeout=FINISH_SECONDS)
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    def __enter__(self) -> None:
        if self._stopping:
            raise asyncio.CancelledError
        self._waits = True

    def __exit__(self, *_: object) -> None:
        self._waits = False
