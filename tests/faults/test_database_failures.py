"""A database that is full, locked, slow or away: a 503 with a name, `degraded`, and everything goes on by itself."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
from sqlalchemy import create_engine

from app_service import db
from app_service.models import Model
from tests.bench.check import synchronous
from tests.bench.server import postgresql
from tests.bench.world import Pair
from tests.faults.crowd import UNLIMITED, Crowd, server_for
from tests.groups import active, code
from tests.processes import PATIENCE, Process
from tests.services import Service, StartService

PLENTY: Final = 60
"""Messages that show that writing goes on."""


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[tuple[Process, Pair, str]]:
    url = f"sqlite:///{tmp_path}/quantumchat.db"
    with server_for(url, tmp_path, 1, **UNLIMITED) as (process, [pair]):
        yield process, pair, url


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[tuple[Process, Pair, Any]]:
    """With a database server of its own."""
    with postgresql() as server, server_for(server.get_uri(), tmp_path, 1, **UNLIMITED) as (process, [pair]):
        yield process, pair, server


def _journal_bytes(url: str) -> int:
    return Path(f"{url.removeprefix('sqlite:///')}-wal").stat().st_size


async def test_a_full_disk_refuses_by_name_and_loses_nothing(on_sqlite: tuple[Process, Pair, str]) -> None:
    process, pair, url = on_sqlite
    crowd = Crowd(process.url, [pair])
    crowd.start()
    await crowd.until_acknowledged(PLENTY)
    # No file of the service may grow beyond what the journal has now, as on a disk that has no room left.
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_journal_bytes(url), most))
    await crowd.until_refused("database_unavailable")
    await _health(process, "degraded", "read_only")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
    await _goes_on(process, crowd, url)


async def test_a_database_server_that_is_killed_and_comes_back(on_postgresql: tuple[Process, Pair, Any]) -> None:
    process, pair, server = on_postgresql
    url = server.get_uri()
    crowd = Crowd(process.url, [pair])
    crowd.start()
    await crowd.until_acknowledged(PLENTY)
    _kill(server.get_pid())
    await crowd.until_refused("database_unavailable")
    await _health(process, "degraded", "unavailable")
    await _refuses(process, pair)
    await asyncio.to_thread(server.ensure_postgres_running)
    assert server.get_uri() == url
    await _goes_on(process, crowd, url)


def _kill(pid: int) -> None:
    """SIGKILL, the postmaster first, so that it starts nothing again."""
    postmaster = psutil.Process(pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    for each in family:
        os.kill(each.pid, signal.SIGKILL)
    psutil.wait_procs(family, PATIENCE)


async def _refuses(process: Process, pair: Pair) -> None:
    headers = {"Authorization": f"Bearer {pair.sender.token}"}
    async with httpx.AsyncClient(base_url=process.url, headers=headers, trust_env=False, timeout=PATIENCE) as client:
        answer = await client.get("/api/sessions")
        assert (answer.status_code, code(answer)) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await client.get("/api/health/ready")).status_code == 503
        assert (await client.get("/api/health/live")).status_code == 200


async def _goes_on(process: Process, crowd: Crowd, url: str) -> None:
    await crowd.until_acknowledged(crowd.acknowledged + PLENTY)
    await crowd.settle()
    await _health(process, "degraded", "ok")  # quantum_service is away in these tests
    crowd.check(url)


async def _health(process: Process, status: str, database: str) -> None:
    """Wait until health says so; it must answer meanwhile."""
    async with (
        httpx.AsyncClient(base_url=process.url, trust_env=False, timeout=PATIENCE) as client,
        asyncio.timeout(PATIENCE),
    ):
        while True:
            answer = await client.get("/api/health")
            assert answer.status_code == 200
            body = answer.json()
            if (body["status"], body["database"]["status"]) == (status, database):
                return


async def test_a_slow_database_makes_wait_and_a_locked_one_refuses(
    start: StartService, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await start()
    group = await active(service)
    alice = group.members[0]
    body = group.message()
    async with _locked(fresh_database):
        sending = asyncio.create_task(alice.call("POST", "/api/message/send", body))
        done, _ = await asyncio.wait([sending], timeout=0.3)
        assert not done
        assert (await alice.get("/api/sessions"))["items"]
    assert (await sending).status_code == 201

    _wait_less(monkeypatch)
    impatient = await start()
    async with _locked(fresh_database):
        answer = await _send(impatient, alice.token, group.message())
        assert (answer.status_code, code(answer)) == (503, "database_unavailable")
        assert answer.headers["Retry-After"] == "2"
        assert await _state(impatient) == ("degraded", "read_only")
    assert (await _sent(impatient, alice.token, body))["seq"] == 2
    assert (await _sent(impatient, alice.token, group.message()))["seq"] == 3
    assert await _state(impatient) == ("ok", "ok")


def _wait_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(db._SQLITE, "connect_args", {"timeout": 1})
    monkeypatch.setitem(db._POSTGRESQL_OPTIONS, "options", "-c lock_timeout=1s")


async def _send(service: Service, token: str | None, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await service.client().post("/api/message/send", json=body, headers=headers)


async def _sent(service: Service, token: str | None, body: Any) -> Any:
    """The ack, asked for as a client does: the other service may be writing just now."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await _send(service, token, body)).status_code == 503:
            pass
    assert answer.status_code == 201
    return answer.json()


async def _state(service: Service) -> tuple[str, str]:
    body = (await service.client().get("/api/health")).json()
    return body["status"], body["database"]["status"]


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    """Another process's transaction that lets everybody read and nobody write."""
    engine = create_engine(synchronous(url))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            names = ", ".join(table.name for table in Model.metadata.sorted_tables)
            connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()
