"""Ten thousand messages for somebody who was away: all come, in order, and the server holds few of them at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import psutil
import pytest
from uuid_utils.compat import uuid7
from websockets.asyncio.client import connect
from websockets.typing import Origin

from app_service.conversations.append import Batch
from app_service.conversations.entries import Ack, Author, parse_entry
from app_service.db import Database, database_url
from app_service.models.base import now
from tests import factories_mls as mls
from tests.bench.world import EPOCH, Pair
from tests.faults.crowd import UNLIMITED, server_for
from tests.processes import Process

PENDING: Final = 10_000
AT_ONCE: Final = 500
SENTENCE_BYTES: Final = 2_000
MOST_GROWTH: Final = 24 << 20
"""Bytes; all of them at once would be more than 50 MB as rows and frames."""


@pytest.fixture
def server(fresh_database: str, tmp_path: Path) -> Iterator[tuple[Process, Pair]]:
    with server_for(fresh_database, tmp_path, 1, **UNLIMITED) as (process, [pair]):
        yield process, pair


async def test_ten_thousand_pending_messages_come_in_bounded_memory(
    server: tuple[Process, Pair], fresh_database: str
) -> None:
    process, pair = server
    await _write(fresh_database, pair)
    running = psutil.Process(process.pid)
    before = most = running.memory_info().rss
    url = process.url.replace("http", "ws")
    async with connect(f"{url}/ws", origin=Origin(process.url), proxy=None, max_queue=1) as socket:
        cursors = {pair.conversation_id: 0}
        hello = {"type": "hello", "token": pair.receiver.token, "cursors": cursors, "event_cursor": None}
        await socket.send(json.dumps(hello))
        seqs: list[int] = []
        while len(seqs) < PENDING:
            frame = json.loads(await socket.recv())
            if frame["type"] == "message_receive":
                seqs += [row["seq"] for row in frame["rows"]]
                most = max(most, running.memory_info().rss)
    assert seqs == list(range(1, PENDING + 1))
    print(f"{PENDING} messages read: {(most - before) >> 10} KiB more than before")
    assert most - before < MOST_GROWTH


async def _write(url: str, pair: Pair) -> None:
    """Straight through the log's own code, as if they had come over sockets."""
    database = Database(database_url(url))
    conversation_id = UUID(pair.conversation_id)
    author = Author(UUID(pair.sender.user_id), UUID(pair.sender.device_id))
    data = [(client_id := uuid7(), mls.authenticated_data(conversation_id, client_id)) for _ in range(PENDING)]
    ciphertext = bytes(SENTENCE_BYTES)
    entries = [
        parse_entry(
            author,
            conversation_id,
            client_id,
            "message",
            mls.private_message(conversation_id, authenticated, epoch=EPOCH, ciphertext=ciphertext),
        )
        for client_id, authenticated in data
    ]
    for start in range(0, PENDING, AT_ONCE):
        batch = Batch(entries[start : start + AT_ONCE], now())
        await database.write_in_thread(batch.run)
        assert all(isinstance(outcome, Ack) for outcome in batch.outcomes)
    await database.dispose()
