"""SIGKILL of app_service while messages are written: what was acknowledged stands once, in its place."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from app_service.conversations.chain import first_link, next_link
from app_service.models.base import to_milliseconds
from shared.encoding import from_base64url, to_base64url
from shared.settings import new_secret
from tests import factories_mls as mls
from tests.bench.world import EPOCH, SERVER_NAME, Pair, make_world
from tests.processes import Process, free_ports, plain_environment

MESSAGES: Final = 240
KILLS: Final = 3
AT_ONCE: Final = 8


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Process, Pair]]:
    """app_service in a process of its own, on a database with one active session."""
    secret = SecretStr(new_secret())
    file = tmp_path / "quantumchat.db" if request.param == "sqlite" else None
    url = f"sqlite:///{file}" if file else request.getfixturevalue("_postgres")("postgres")
    [pair] = make_world(url, secret, 1)
    port, nobody = free_ports(2)
    environment = plain_environment(
        DATA_DIR=str(tmp_path),
        DATABASE_URL=url,
        JWT_SECRET=secret.get_secret_value(),
        QUANTUM_PORT=str(nobody),
    )
    process = Process("app_service", port, environment, tmp_path / "log")
    process.start()
    yield process, pair
    process.kill()


class Writer:
    """Sends every message until it is acknowledged, under the same id with other bytes each time, as a client does."""

    def __init__(self, server: Process, pair: Pair) -> None:
        self._server, self._pair = server, pair
        self._waiting = [uuid7() for _ in range(MESSAGES)]
        self.acks: dict[str, dict[str, Any]] = {}

    async def run(self) -> None:
        while self._waiting:
            try:
                async with await self._open() as socket:
                    await self._write(socket)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(0.05)

    async def _open(self) -> ClientConnection:
        url = self._server.url.replace("http", "ws")
        socket = await connect(f"{url}/ws", origin=Origin(self._server.url), open_timeout=5)
        hello = {"type": "hello", "token": self._pair.sender.token, "cursors": {}, "event_cursor": None}
        await socket.send(json.dumps(hello))
        return socket

    async def _write(self, socket: ClientConnection) -> None:
        async with asyncio.timeout(30):
            while self._waiting:
                ahead = self._waiting[:AT_ONCE]
                for client_id in ahead:
                    await socket.send(self._frame(client_id))
                for _ in ahead:
                    ack = await self._ack(socket)
                    known = self.acks.setdefault(ack["client_id"], ack)
                    assert known == ack, "a repeat got another answer"
                    self._waiting.remove(UUID(ack["client_id"]))

    def _frame(self, client_id: UUID) -> str:
        content = mls.message(UUID(self._pair.conversation_id), client_id, epoch=EPOCH)
        return json.dumps(
            {
                "type": "message_send",
                "conversation_id": self._pair.conversation_id,
                "client_id": str(client_id),
                "content": to_base64url(content),
                "message_type": "secured",
            }
        )

    async def _ack(self, socket: ClientConnection) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            assert frame["type"] != "error", frame
            if frame["type"] == "message_ack":
                return frame


async def test_nothing_acknowledged_is_lost_doubled_or_moved(server: tuple[Process, Pair]) -> None:
    process, pair = server
    writer = Writer(process, pair)
    writing = asyncio.create_task(writer.run())
    for number in range(1, KILLS + 1):
        while len(writer.acks) < number * MESSAGES // (KILLS + 1):
            assert not writing.done() or writing.result() is None
            await asyncio.sleep(0.001)
        process.kill()
        await asyncio.to_thread(process.start)
    await writing

    rows = _log(process, pair)
    assert [row["seq"] for row in rows] == list(range(1, MESSAGES + 1))
    assert {row["client_id"] for row in rows} == set(writer.acks)
    for row in rows:
        ack = writer.acks[row["client_id"]]
        assert (row["seq"], row["chain"], row["previous_chain"]) == (ack["seq"], ack["chain"], ack["previous_chain"])
    assert _chain(pair, rows) == rows[-1]["chain"]


def _log(process: Process, pair: Pair) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {pair.receiver.token}"}
    with httpx.Client(base_url=process.url, headers=headers, trust_env=False) as client:
        while True:
            query = {"conversation_id": pair.conversation_id, "after": len(rows), "limit": 200}
            page = client.get("/api/messages", params=query).json()["items"]
            if not page:
                return rows
            rows += page


def _chain(pair: Pair, rows: list[dict[str, Any]]) -> str:
    """The chain as a client computes it from the bodies that it got."""
    link = first_link(UUID(pair.conversation_id), UUID(pair.sender.user_id), SERVER_NAME)
    for row in rows:
        body_hash = from_base64url(row["body_hash"])
        content = from_base64url(row["content"])
        assert hashlib.sha256(len(content).to_bytes(4, "big") + content + bytes(4)).digest() == body_hash
        link = next_link(
            link,
            seq=row["seq"],
            generation=row["generation"],
            epoch=row["epoch"],
            kind=row["kind"],
            sender_tag=from_base64url(row["sender_tag"]),
            client_id=UUID(row["client_id"]),
            time=_milliseconds(row["timestamp"]),
            body_hash=body_hash,
        )
    return to_base64url(link)


def _milliseconds(text: str) -> int:
    return to_milliseconds(datetime.fromisoformat(text))
