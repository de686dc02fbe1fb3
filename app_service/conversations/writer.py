"""The one task per process through which everything enters the logs (DESIGN.md section 4).

Promises: entries that arrive while a transaction runs go into the next one together, and a busy writer waits a moment
for more; each caller hears after the
commit, in order of arrival, and what was acknowledged is on disk; sockets are woken last. A process that is killed at
any point leaves whole transactions: an entry that was not answered is asked for again under its id and gets the row it
has, or a new one.
Does not: judge an entry (`append.py`), or exclude other processes: the database's row locks do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app_service.conversations.append import Batch, Memory, Outcome, Outdated, Place
from app_service.conversations.entries import MAX_COMMIT_BYTES, Entry, Row
from app_service.db import Database
from app_service.models.base import now
from shared.errors import ApiError, Unavailable
from shared.logging import get_logger

log = get_logger("log_writer")

MAX_BATCH: Final = 512
MAX_PENDING: Final = 10_000
MAX_PENDING_BYTES: Final = 64 << 20
"""Of what waits, so that a database which is slow for a while does not fill the memory."""
BUSY_BATCH: Final = 4
"""From so many entries in a transaction on, the next one waits for more; a quiet server never waits."""
GATHER_SECONDS: Final = 0.001

Answer = TypeVar("Answer")
Resolve = Callable[[Outcome], None]
Appended = Callable[[Sequence[Row]], None]


class _Waiting(NamedTuple):
    entry: Entry
    resolve: Resolve

    @property
    def size(self) -> int:
        return len(self.entry.content)


class _Job(NamedTuple):
    """Work that has a transaction of its own: a commit, a last message."""

    work: Callable[[], Awaitable[Any]]
    done: asyncio.Future[Any]

    @property
    def size(self) -> int:
        return MAX_COMMIT_BYTES


class LogWriter:
    """`appended` is called after each commit with the new rows, in the order of each log."""

    def __init__(self, database: Database, appended: Appended) -> None:
        self._database = database
        self._appended = appended
        self._memory = Memory()
        self._pending: deque[_Waiting | _Job] = deque()
        self._pending_bytes = 0
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._last_batch = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="log-writer")

    async def close(self) -> None:
        """Write what is waiting, take nothing more."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task

    def submit(self, entry: Entry, resolve: Resolve) -> None:
        """Queue a message; `resolve` gets its ack or its refusal after the commit. 503 when too many wait."""
        self._enqueue(_Waiting(entry, resolve))

    async def alone(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run `work`, which opens its own unit, after everything that came before it."""
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._enqueue(_Job(work, done))
        return await done

    def _enqueue(self, item: _Waiting | _Job) -> None:
        full = len(self._pending) >= MAX_PENDING or self._pending_bytes + item.size > MAX_PENDING_BYTES
        if self._closing or full:
            raise Unavailable("overloaded", "The server has more to write than it can take now.", retry_after=1)
        self._pending.append(item)
        self._pending_bytes += item.size
        self._arrived.set()

    def _next(self) -> _Waiting | _Job:
        item = self._pending.popleft()
        self._pending_bytes -= item.size
        return item

    async def _run(self) -> None:
        while not self._closing or self._pending:
            await self._arrived.wait()
            self._arrived.clear()
            while self._pending:
                if isinstance(self._pending[0], _Job):
                    await self._do(self._next())  # type: ignore[arg-type]  # just looked
                else:
                    await self._gather()
                    await self._write(self._take())

    async def _gather(self) -> None:
        """Wait a moment for those who were answered just now: a transaction costs much more than an entry."""
        if len(self._pending) < self._last_batch >= BUSY_BATCH and not self._closing:
            await asyncio.sleep(GATHER_SECONDS)

    def _take(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        while self._pending and len(taken) < MAX_BATCH:
            waiting = self._pending[0]
            if isinstance(waiting, _Job):
                break
            taken.append(waiting)
            self._next()
        self._last_batch = len(taken)
        return taken

    async def _do(self, job: _Job) -> None:
        try:
            result = await job.work()
        except Exception as error:  # handed to the caller, whose it is
            if not job.done.done():
                job.done.set_exception(error)
        else:
            if not job.done.done():
                job.done.set_result(result)

    async def _write(self, waiting: list[_Waiting]) -> None:
        entries = [each.entry for each in waiting]
        try:
            batch = await self._commit(entries)
        except Exception as error:
            if len(waiting) > 1 and not isinstance(error, Unavailable):
                # Something that no check foresaw. Whoever caused it must not fail the others.
                for each in waiting:
                    await self._write([each])
                return
            self._fail(waiting, error)
            return
        for each, outcome in zip(waiting, batch.outcomes, strict=True):
            self._tell(each, outcome)
        if batch.rows:
            self._publish(batch.rows)

    def _publish(self, rows: Sequence[Row]) -> None:
        try:
            self._appended(rows)
        except Exception as error:  # the rows are stored: sockets find them later, and the next ones must be written
            log.exception("publishing_failed", kind=type(error).__name__)

    async def _commit(self, entries: list[Entry]) -> Batch:
        try:
            batch = await self._transact(entries, self._memory.take(entries))
        except (IntegrityError, Outdated):
            batch = await self._transact(entries, None)
        self._memory.keep(batch.places.values())
        return batch

    async def _transact(self, entries: list[Entry], remembered: dict[UUID, Place] | None) -> Batch:
        batch = Batch(entries, now())
        await self._database.write_in_thread(lambda transaction: batch.run(transaction, remembered))
        return batch

    def _fail(self, waiting: list[_Waiting], error: Exception) -> None:
        if not isinstance(error, ApiError):
            log.error("append_failed", kind=type(error).__name__, exc_info=error)
            error = Unavailable("database_unavailable", "The message could not be stored.", retry_after=2)
        for each in waiting:
            self._tell(each, error)

    @staticmethod
    def _tell(waiting: _Waiting, outcome: Outcome) -> None:
        with suppress(Exception):  # a socket that is gone must not stop the writer
            waiting.resolve(outcome)
