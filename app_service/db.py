"""The engine, and the unit of work: commit first, then the hooks, then the response.

A route takes `Writing` or `Reading`. Both dependencies are function-scoped: with FastAPI's default scope the
code after `yield` runs when the answer is already on its way, and a failed commit would have said 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from sqlalchemy import URL, Connection, Dialect, Engine, Table, bindparam, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.errors import Unavailable
from shared.logging import get_logger

log = get_logger("database")

BUSY_SECONDS: Final = 10
"""How long to wait for who holds what we want to write."""
CONNECT_SECONDS: Final = 10
"""How long a PostgreSQL server may take to answer a new connection; also the wait for one of the pool."""
_WRITES: Final = "qc_writes"

Hook = Callable[[], None]
Answer = TypeVar("Answer")


class Unit:
    """One transaction. Hooks added with `after_commit` run, in order, once it is committed, and never otherwise."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._hooks: list[Hook] = []

    def after_commit(self, hook: Hook) -> None:
        self._hooks.append(hook)

    async def commit(self) -> None:
        await self.session.commit()
        for hook in self._hooks:
            hook()


class Database:
    """Makes units of work on one database."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _engine(url)
        self._write_engine = self.engine.execution_options(**{_WRITES: True})
        # SQLite's transactions see one moment anyway; PostgreSQL's see one per statement unless told otherwise.
        self._read_engine = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        # SQLite lets one write at a time, and whoever polls for its lock may find it taken for seconds: take turns.
        self._turn: AbstractAsyncContextManager[None] = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log-writer")
        self._thread_engine = _thread_engine(url)
        self._reads, self._writes = _NamedFailures("reads"), _NamedFailures("writes")

    @property
    def writes_fail(self) -> bool:
        """Whether the last transaction that wanted to write could not: full, locked, read-only or away."""
        return self._writes.lasting

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        """A transaction that commits when the block ends without an error, and leaves nothing otherwise."""
        with self._writes:
            async with self._turn, AsyncSession(self._write_engine, expire_on_commit=False) as session:
                unit = Unit(session)
                yield unit
                await unit.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view that is never written through."""
        with self._reads:
            async with AsyncSession(self._read_engine, expire_on_commit=False) as session:
                yield session

    async def write_in_thread(self, work: Callable[[Connection], Answer]) -> Answer:
        """Run `work` in one transaction on a thread and a connection of its own.

        For the log's writer, whose transactions are short and many: the async driver changes threads for every
        statement, which costs more than the statement.
        """
        with self._writes:
            async with self._turn:
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Callable[[Connection], Answer]) -> Answer:
        with self._thread_engine.begin() as connection:
            return work(connection)

    async def dispose(self) -> None:
        await self.engine.dispose()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._thread_engine.dispose)
        self._thread.shutdown()


class ManyRows:
    """An INSERT for many rows at once, whose values reach the driver without a dictionary for each.

    Does: convert values by the types of the columns. Does not: fill in defaults.
    """

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._statement = table.insert().values({name: bindparam(name, type_=table.c[name].type) for name in columns})
        self._for: dict[Dialect, tuple[str, list[Callable[[Any], Any] | None]]] = {}

    def insert(self, transaction: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows that give the columns in their order."""
        if (prepared := self._for.get(transaction.dialect)) is None:
            prepared = self._for[transaction.dialect] = self._prepare(transaction.dialect)
        sql, convert = prepared
        values = [
            tuple(value if to is None or value is None else to(value) for to, value in zip(convert, row, strict=True))
            for row in rows
        ]
        transaction.exec_driver_sql(sql, values)

    def _prepare(self, dialect: Dialect) -> tuple[str, list[Callable[[Any], Any] | None]]:
        compiled = self._statement.compile(dialect=dialect)
        types = [compiled.binds[name].type for name in compiled.positiontup or ()]
        return str(compiled), [each.dialect_impl(dialect).bind_processor(dialect) for each in types]


class _NamedFailures:
    """A database that cannot be used is a 503 with a name, not a crash; the log says when that begins and ends."""

    def __init__(self, what: str) -> None:
        self.lasting = False
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: Any) -> None:
        if error is None and self.lasting:
            self.lasting = False
            log.info("database_works_again", what=self._what)
        unusable = isinstance(error, OperationalError | PoolTimeoutError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        )
        if not unusable:
            return
        if not self.lasting:
            self.lasting = True
            log.error("database_fails", what=self._what, reason=_reason(error))
        raise Unavailable(
            "database_unavailable", "The database cannot be used at the moment. Nothing was changed.", retry_after=2
        ) from error


def _reason(error: BaseException | None) -> str:
    """The driver's own name of a failure: its text may quote addresses and names."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(name or type(cause).__name__)


# Parameters of statements are people's names, addresses and hashes: errors, and so logs, must not quote them.
_COMMON: Final[dict[str, Any]] = {"hide_parameters": True, "pool_timeout": CONNECT_SECONDS}
_POSTGRESQL: Final[dict[str, Any]] = {**_COMMON, "pool_pre_ping": True, "pool_recycle": 1800, "paramstyle": "format"}
_SQLITE: Final[dict[str, Any]] = {**_COMMON, "connect_args": {"timeout": BUSY_SECONDS}}


_POSTGRESQL_OPTIONS: Final = {
    "connect_timeout": str(CONNECT_SECONDS),
    # A server set up without a locale keeps SQL_ASCII, and the driver would hand out bytes where text belongs.
    "client_encoding": "utf8",
    "options": f"-c lock_timeout={BUSY_SECONDS}s",
    # A server that vanished without a word is noticed within half a minute.
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


def _with_options(url: URL) -> URL:
    """PostgreSQL and its library wait for ever unless told otherwise; what the address says goes first."""
    return url.set(query={**_POSTGRESQL_OPTIONS, **url.query})


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(_with_options(url), pool_size=10, max_overflow=10, **_POSTGRESQL)
    engine = create_async_engine(url, pool_size=8, max_overflow=8, **_SQLITE)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _thread_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(_with_options(url), pool_size=1, max_overflow=0, **_POSTGRESQL)
    engine = create_engine(url.set(drivername="sqlite"), pool_size=1, max_overflow=0, **_SQLITE)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine.execution_options(**{_WRITES: True})


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own BEGIN is lazy and deferred; `_begin_sqlite` says which one is wanted.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer can fail with SQLITE_BUSY at once: take the lock first.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def database_url(text: str) -> URL:
    """A URL as people write it, with the async driver that we use.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://…?sslmode=require` and `postgres://…` will do;
    `ValueError` for anything else.
    """
    url = make_url(text.replace("postgres://", "postgresql://", 1) if text.startswith("postgres://") else text)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    backend = url.get_backend_name()
    if backend not in drivers:
        raise ValueError("DATABASE_URL must be a sqlite:// or postgresql:// address")
    if backend == "sqlite" and not url.database:
        raise ValueError("DATABASE_URL must name a file: an in-memory database would be lost at every restart")
    return url.set(drivername=drivers[backend])


def make_private(path: Path) -> None:
    """Create an empty database file that only its owner can read, if it does not exist yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    path.chmod(0o600)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def unit_of_work(request: Request) -> AsyncIterator[Unit]:
    async with _database(request).write() as unit:
        yield unit


async def read_only(request: Request) -> AsyncIterator[AsyncSession]:
    async with _database(request).read() as session:
        yield session


Writing = Annotated[Unit, Depends(unit_of_work, scope="function")]
Reading = Annotated[AsyncSession, Depends(read_only, scope="function")]
