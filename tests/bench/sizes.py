"""Bytes of a message on its way and in the database."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.conversation import MESSAGE_BYTES, RECEIPT_ROWS, Conversation
from tests.bench.options import Options
from tests.bench.report import progress, table
from tests.bench.server import Server, running
from tests.bench.vault import in_node

_FILE: Final = "quantumchat.db"


class Sizes(NamedTuple):
    to_server: float
    """By the sender."""
    to_sender: float
    to_receiver: float
    receipts: float
    """By the receiver."""
    stored: float


def sizes(options: Options) -> Iterator[str]:
    messages = 500 if options.quick else 2000
    written = in_node(1).bytes
    kinds = {
        "a message of the closed loop": MESSAGE_BYTES,
        "“See you at eight?” of the web client": written["short"],
        "800 letters of the web client": written["long"],
    }
    rows = []
    for words, size in kinds.items():
        progress(f"bytes of {words}")
        with (
            tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name,
            running(Path(name), pairs=1) as server,
        ):
            found = asyncio.run(measure(server, size, messages))
        rows.append([words, f"{size:,}", *(f"{value:,.0f}" for value in found)])
    head = ["bytes of", "MLS message", "sender to server", "server to sender: its ack", "server to receiver"]
    yield table([*head, "receiver to server: receipts", "SQLite file grows by"], rows)
    yield f"Of WebSocket with its framing, without TCP and TLS. One receipt for each {RECEIPT_ROWS} rows and side.\n"


async def measure(server: Server, size: int, messages: int) -> Sizes:
    """Averages over so many messages of one pair, one after the other."""
    conversation = await Conversation.open(server.process.port, server.pairs[0], size)
    sender, receiver = conversation.sockets
    file = server.folder / _FILE
    before, said, heard = _used(file), (sender.sent, receiver.sent), (sender.received, receiver.received)
    for _ in range(messages):
        conversation.send()
        await conversation.until_idle()
    moved = [
        sender.sent - said[0],
        sender.received - heard[0],
        receiver.received - heard[1],
        receiver.sent - said[1],
        _used(file) - before,
    ]
    sender.close()
    receiver.close()
    return Sizes(*(value / messages for value in moved))


def _used(file: Path) -> int:
    """Bytes of the pages in use, journal included."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        [pages, free, size] = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    finally:
        connection.close()
    return int((pages - free) * size)
