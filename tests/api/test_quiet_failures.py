"""A database that fails: named, bounded in time, and silent about whose data it was."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from app_service import db
from app_service.db import Database, database_url
from app_service.migrations import migrate
from app_service.operations.service import Operations
from app_service.socket import keeper
from app_service.socket.keeper import Keeper
from shared.errors import Unavailable
from shared.logging import configure_logging, get_logger
from tests.processes import PATIENCE
from tests.services import Service

_SECRET = "alice-and-her-hash"


async def test_errors_do_not_quote_what_was_written(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    for words in ("UPDATE nowhere SET a = :name", "INSERT INTO server_settings (name, value) VALUES (:name, NULL)"):
        for write in (_write, Database.write_in_thread):
            try:
                await write(service.database, _statement(words, name=_SECRET))
            except Exception:
                get_logger("test").exception("crash")
    logged = capsys.readouterr().out
    assert logged.count('"event": "crash"') == 4
    assert "nowhere" in logged
    assert "server_settings" in logged
    assert _SECRET not in logged


async def test_a_crash_is_logged_under_the_id_of_its_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Operations, "config", lambda _: 1 / 0)
    configure_logging()
    transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        answer = await client.get("/api/config")
    (crash,) = (line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line["event"] == "crash")
    assert (answer.status_code, crash["kind"]) == (500, "ZeroDivisionError")
    assert crash["request_id"] == answer.headers["X-Request-ID"] == answer.json()["error"]["request_id"]


def _statement(words: str, **values: str) -> Callable[[Connection], Any]:
    return lambda to: to.execute(text(words), values)


async def _write(database: Database, work: Callable[[Connection], Any]) -> None:
    async with database.write() as unit:
        await unit.session.run_sync(lambda session: work(session.connection()))


async def test_a_pool_without_a_free_connection_is_503(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for options in (db._SQLITE, db._POSTGRESQL):
        monkeypatch.setitem(options, "pool_timeout", 0.05)
    database = Database(database_url(fresh_database))
    with pytest.raises(Unavailable) as caught:
        await _hold_many(database)
    assert caught.value.code == "database_unavailable"
    await database.dispose()


async def _hold_many(database: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(40):
            session = await stack.enter_async_context(database.read())
            await session.execute(text("SELECT 1"))


async def test_health_answers_while_the_database_is_silent(service: Service) -> None:
    listening = socket.create_server(("127.0.0.1", 0))  # takes connections, and says nothing
    port = listening.getsockname()[1]
    database = Database(database_url(f"postgresql://x:y@127.0.0.1:{port}/z"))
    operations: Operations = dataclasses.replace(service.app.state.operations, database=database)
    async with asyncio.timeout(PATIENCE):
        health = await operations.health()
    assert (health.status, health.database.status) == ("degraded", "unavailable")
    with pytest.raises(Unavailable):
        await operations.reach_database()
    await database.dispose()
    listening.close()


def test_addresses_of_sockets_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.info('%s - "WebSocket %s" [accepted]', "203.0.113.7:50000", "/ws")
    uvicorn.info("Application startup complete.")
    logged = capsys.readouterr().out
    assert "203.0.113.7" not in logged
    assert "startup complete" in logged


async def test_writers_take_turns(tmp_path: Path) -> None:
    """One that writes all the time goes first once at most. (PostgreSQL has no lock that all writers need.)"""
    database = Database(database_url(f"sqlite:///{tmp_path / 'turns.db'}"))
    await migrate(database)
    written: list[int] = []
    busy = asyncio.create_task(_write_for_ever(database, written))
    for number in range(1, 31):
        while len(written) < 2 * number:  # noqa: ASYNC110 - the other never tells
            await asyncio.sleep(0.001)
        before = len(written)
        async with database.write() as unit:
            await unit.session.execute(text(_PUT), {"name": "turns", "value": "mine"})
            assert len(written) - before <= 1
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    await database.dispose()


_PUT = "INSERT INTO server_settings VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value"


async def _write_for_ever(database: Database, written: list[int]) -> None:
    for number in range(100_000):
        await database.write_in_thread(_statement(_PUT, name="others", value=str(number)))
        written.append(number)


async def test_a_chore_that_fails_goes_on(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it was: messages that disappear must not stay because something failed once."""
    monkeypatch.setattr(keeper, "CHECK_SECONDS", 0.001)
    looked: list[None] = []
    again = asyncio.Event()

    async def look() -> None:
        looked.append(None)
        if len(looked) == 1:
            raise RuntimeError("something unforeseen")
        again.set()

    state = service.app.state
    busy = Keeper(state.hub, service.database, state.sockets.presence, state.attachments)
    monkeypatch.setattr(busy, "look", look)
    busy.start()
    async with asyncio.timeout(PATIENCE):
        await again.wait()
    await busy.close()
