"""A bounded pool of threads for CPU-bound work, so that the event loop only ever moves bytes.

The C code of the primitives releases the interpreter lock, so threads are enough. When all places are taken the
caller hears so at once and may come back; nothing queues without end.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shared.errors import Unavailable

T = TypeVar("T")


class Workers:
    """`threads` jobs at once and `queue` more that wait."""

    def __init__(self, threads: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="worker")
        self._places = threads + queue
        self.taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work` in a thread; 503 `overloaded` when no place is free."""
        if self.taken >= self._places:
            raise Unavailable("overloaded", "The service has more work than it can take now.", retry_after=1)
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        self.taken += 1
        job = self._executor.submit(context.run, work)
        # The place stays taken until the job ends, even when its caller has gone away.
        job.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release))
        return await asyncio.wrap_future(job)

    def _release(self) -> None:
        self.taken -= 1

    async def close(self) -> None:
        """Finish what runs, drop what waits."""
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
