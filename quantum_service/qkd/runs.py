"""Runs of BB84 on demand, each in a process of its own (`bb84_worker.py`).

Promises: a few at once and no queue; random numbers from a draw of the entropy pool, whose receipt is told first; the
process ends with the run, when it takes too long, and when the caller goes away. Does not: keep anything of a run.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from quantum_service import child_process
from quantum_service.qkd.bb84_worker import Order
from shared.errors import Unavailable
from shared.logging import get_logger
from shared.schemas.bb84 import Bb84Event, Bb84Failed, Bb84Finished, Bb84Request, Bb84Started
from shared.schemas.quantum import RandomResponse

log = get_logger("bb84")

TIMEOUT_SECONDS: Final = 120.0
_MODULE: Final = "quantum_service.qkd.bb84_worker"
_RETRY_AFTER_SECONDS: Final = 5


class Runs:
    """At most `most` at once."""

    def __init__(
        self,
        most: int,
        *,
        command: tuple[str, ...] = (sys.executable, "-m", _MODULE),
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._places = asyncio.Semaphore(most)
        self._command = command
        self._timeout = timeout

    def admit(self) -> None:
        """503 `overloaded` while all places are taken."""
        if self._places.locked():
            raise Unavailable("overloaded", "Enough runs are going on now.", retry_after=_RETRY_AFTER_SECONDS)

    async def events(self, request: Bb84Request, drawn: RandomResponse) -> AsyncGenerator[Bb84Event, None]:
        """What happens in one run, to its end; `drawn` are `Seeds.BYTES` bytes that nobody else gets."""
        async with self._places:
            yield Bb84Event(Bb84Started(receipt=drawn.receipt, signed=drawn.signed))
            try:
                async with aclosing(self._child(Order(request=request, seeds=drawn.bytes))) as child:
                    async for event in child:
                        yield event
            except TimeoutError:
                yield self._failed("timeout")
            except (OSError, ValueError):
                yield self._failed("crashed")

    async def _child(self, order: Order) -> AsyncGenerator[Bb84Event, None]:
        process = await child_process.start(self._command, stdin=asyncio.subprocess.PIPE)
        try:
            assert process.stdin is not None  # noqa: S101 - both are pipes
            assert process.stdout is not None  # noqa: S101
            process.stdin.write(order.model_dump_json().encode())
            process.stdin.close()
            deadline = asyncio.get_running_loop().time() + self._timeout
            finished = False
            while not finished:
                async with asyncio.timeout_at(deadline):
                    line = await process.stdout.readline()
                event = Bb84Event.model_validate_json(line)  # ValueError also for the empty line of an early end
                finished = isinstance(event.root, Bb84Finished)
                yield event
        finally:
            await child_process.end(process)

    def _failed(self, code: str) -> Bb84Event:
        log.warning("bb84_run_failed", code=code)
        return Bb84Event(Bb84Failed.model_validate({"code": code}))
