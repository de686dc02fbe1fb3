"""A task that can be stopped where it waits for somebody else, and never in the middle of a database call.

A cancelled database call costs its connection; and what it leaves behind is closed when nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


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

    def __enter__(self) -> None:
        if self._stopping:
            raise asyncio.CancelledError
        self._waits = True

    def __exit__(self, *_: object) -> None:
        self._waits = False
