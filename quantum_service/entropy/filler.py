"""Keeps the pool filled in the background, and never in a request's way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, Literal

from quantum_service.entropy.health import HealthAlarm
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources import SourceFailed
from quantum_service.entropy.stock import Stock
from shared.logging import get_logger

log = get_logger("entropy")

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0

Outcome = Literal["accepted", "alarm", "failed"]
Report = Callable[[str, Outcome], None]


class PoolFiller:
    """A task per source: samples while its stock is low, sleeps otherwise, waits longer after each failure."""

    def __init__(
        self,
        pool: EntropyPool,
        *,
        report: Report = lambda _, __: None,
        first_pause: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._pool = pool
        self._report = report
        self._first_pause = first_pause
        self._wanted = [asyncio.Event() for _ in pool.stocks]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._pool.when_low(lambda: _wake(loop, self._wanted))
        self._tasks = [
            loop.create_task(self._run(stock, wanted), name=f"entropy-{stock.source.name}")
            for stock, wanted in zip(self._pool.stocks, self._wanted, strict=True)
        ]

    async def stop(self) -> None:
        """End the tasks, and with them the sources' child processes."""
        self._pool.when_low(lambda: None)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self, stock: Stock, wanted: asyncio.Event) -> None:
        pause = self._first_pause
        while True:
            while stock.low:
                if await self._fill_once(stock):
                    pause = self._first_pause
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            await wanted.wait()
            wanted.clear()

    async def _fill_once(self, stock: Stock) -> bool:
        name = stock.source.name
        try:
            block = await stock.source.sample()
            await asyncio.to_thread(self._pool.take_in, stock, block)
        except SourceFailed as error:
            log.warning("entropy_source_failed", source=name, reason=error.reason)
            self._pool.note_failure(stock, error.reason)
            self._report(name, "failed")
            return False
        except HealthAlarm as alarm:
            log.warning("entropy_health_alarm", source=name, test=alarm.test)
            self._report(name, "alarm")
            return False
        except Exception as error:
            # The type alone: its text may hold what a library was given.
            log.warning("entropy_source_crashed", source=name, kind=type(error).__name__)
            self._pool.note_failure(stock, "crashed")
            self._report(name, "failed")
            return False
        self._report(name, "accepted")
        return True


def _wake(loop: asyncio.AbstractEventLoop, events: list[asyncio.Event]) -> None:
    for event in events:
        with contextlib.suppress(RuntimeError):  # the loop has just closed: nobody is left to fill the pool
            loop.call_soon_threadsafe(event.set)
