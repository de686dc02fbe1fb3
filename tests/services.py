"""Running services, as fixtures hand them to tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Select, func, select

from app_service.db import Database
from app_service.models import Model
from app_service.models.base import now
from app_service.settings import Settings
from app_service.socket.keeper import Keeper
from shared.settings import new_secret
from tests.factories import Browser, connect
from tests.processes import PATIENCE

JWT_SECRET: Final = new_secret()
QUANTUM_API_KEY: Final = new_secret()
UNSAFE_BCRYPT_ROUNDS: Final = 4
_MANY: Final = "100000/minute"


class QuantumService(httpx.AsyncBaseTransport):
    """The way to the real quantum_service; `away` cuts it, as a stopped process would."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._inner = httpx.ASGITransport(app=app)
        self.away = False
        self.calls: list[str] = []
        self.request_ids: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        self.request_ids.append(request.headers.get("x-request-id", ""))
        if self.away:
            raise httpx.ConnectError("nobody listens", request=request)
        return await self._inner.handle_async_request(request)


@dataclass
class Service:
    """A running app_service."""

    app: FastAPI
    settings: Settings
    quantum: QuantumService
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def client(self, address: str = "127.0.0.1", base_url: str = "http://localhost:8000") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(address, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        self.clients.append(client)
        return client

    def browser(self, username: str) -> Browser:
        """Somebody who has not registered yet."""
        return Browser(self.client(), username)

    def anonymous(self) -> Browser:
        return self.browser("anonymous")

    async def person(self, username: str) -> Browser:
        """Registered as the web client does, without a device."""
        browser = self.browser(username)
        await browser.register()
        return browser

    async def bound(self, username: str) -> Browser:
        """Registered, and signed in on a device."""
        browser = await self.person(username)
        await browser.add_device()
        return browser

    async def curl_person(self, username: str) -> Browser:
        """Registered with a raw password: no keys."""
        browser = self.browser(username)
        await browser.register_raw()
        return browser

    async def connected(self, one: str, other: str) -> tuple[Browser, Browser]:
        """Two people on devices; the first asked, the second accepted."""
        asking, accepting = await self.bound(one), await self.bound(other)
        await connect(asking, accepting)
        return asking, accepting

    async def seen_quantum_service(self) -> None:
        """Wait for the background's first look, so that what it stores does not come in the middle of a test."""
        async with asyncio.timeout(PATIENCE):
            while not (self.quantum.away or self.app.state.notaries.state == "ready"):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.005)

    async def idle_database(self) -> None:
        """Wait until nobody has a connection: one that is held over a dispose is never closed."""
        async with asyncio.timeout(PATIENCE):
            while self.database.engine.pool.checkedout():  # type: ignore[attr-defined]  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.005)

    async def housekeeping(self, later: timedelta = timedelta(0)) -> None:
        """What the keeper does every hour, as if it were so much later."""
        state = self.app.state
        await Keeper(state.hub, self.database, state.sockets.presence, state.attachments).forget(now() + later)

    async def rows(self, query: Select[Any]) -> list[Any]:
        async with self.database.read() as session:
            return list(await session.scalars(query))

    async def row_counts(self) -> dict[str, int]:
        """How many rows each table has: the same before and after whatever must change nothing."""
        async with self.database.read() as session:
            return {
                table.name: await session.scalar(select(func.count()).select_from(table)) or 0
                for table in Model.metadata.sorted_tables
            }


StartService = Callable[..., Awaitable[Service]]


def settings_for_tests(data_dir: Path, url: str, /, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "data_dir": data_dir,
        "database_url": SecretStr(url),
        "jwt_secret": SecretStr(JWT_SECRET),
        "quantum_api_key": SecretStr(QUANTUM_API_KEY),
        "quantum_api_url": "http://quantum",
        "rate_limit_login": _MANY,
        "rate_limit_register": _MANY,
        "rate_limit_requests": _MANY,
        "rate_limit_calls": _MANY,
        "rate_limit_messages": _MANY,
        "rate_limit_uploads": _MANY,
        "log_level": "WARNING",
    }
    return Settings(**values | changes)
