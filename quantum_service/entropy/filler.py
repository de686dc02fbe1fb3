"""Keeps the pool filled in the background, and never in a request's way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, Literal

from quantum_service.entropy.health import HealthAlarm
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources import SourceFailed
from shared.logging import get_logger

log = get_logger("entropy")

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0

Outcome = Literal["accepted", "alarm", "failed"]


class PoolFiller:
    """One task: samples while the pool is low, sleeps otherwise, waits longer after each failure."""

    def __init__(
        self,
        pool: EntropyPool,
        *,
        report: Callable[[Outcome], None] = lambda _: None,
        first_pause: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._pool = pool
        self._report = report
        self._first_pause = first_pause
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._pool.when_low(lambda: _wake(loop, self._wanted))
        self._wanted.set()
        self._task = loop.create_task(self._run(), name="entropy-pool-filler")

    async def stop(self) -> None:
        """End the task, and with it a source's child process."""
        self._pool.when_low(lambda: None)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        pause = self._first_pause
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self._pool.low:
                if await self._fill_once():
                    pause = self._first_pause
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _fill_once(self) -> bool:
        try:
            block = await self._pool.source.sample()
            await asyncio.to_thread(self._pool.take_in, block)
        except SourceFailed as error:
            log.warning("entropy_source_failed", source=self._pool.source.name, reason=error.reason)
            self._report("failed")
            return False
        except HealthAlarm as alarm:
            log.warning("entropy_health_alarm", source=self._pool.source.name, test=alarm.test)
            self._report("alarm")
            return False
        except Exception as error:
            log.warning("entropy_source_crashed", source=self._pool.source.name, kind=type(error).__name__)
            self._report("failed")
            return False
        self._report("accepted")
        return True


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has just closed: nobody is left to fill the pool
        loop.call_soon_threadsafe(event.set)
