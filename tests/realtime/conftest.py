"""A real server on a free port, and clients that check every frame against its model."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncIterator

import pytest
import uvicorn

from tests.processes import PATIENCE
from tests.realtime.wire import Wire
from tests.services import Service


@pytest.fixture
async def wire(service: Service, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    # A test's client says nothing while the test waits for something else.
    monkeypatch.setattr("app_service.socket.socket.IDLE_SECONDS", 10 * PATIENCE)
    monkeypatch.setattr("app_service.socket.routes.HELLO_SECONDS", PATIENCE)
    listening = sockets.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        service.app,
        lifespan="off",
        log_config=None,
        ws_max_size=4 << 20,
        ws_per_message_deflate=False,  # as deploy/serve.sh starts it
        ws_ping_timeout=PATIENCE,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.005)
    wire = Wire(service, server, listening.getsockname()[1])
    yield wire
    await wire.close()
    server.should_exit = True
    await task
    listening.close()
