"""One pair of people on open sockets, as the load generator plays them.

A message is delivered when it was acknowledged by the server *and* has come to the receiver. Both sides report what
they have, grouped as the web client does. Headers and authenticated data are real, the ciphertext is not.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from shared.encoding import to_base64url
from tests import factories_mls as mls
from tests.bench.client import Client
from tests.bench.world import EPOCH, Pair, Person

MESSAGE_BYTES: Final = 800
"""Of the whole MLS message: header, authenticated data and ciphertext."""
RECEIPT_ROWS: Final = 10
"""So many rows go into one receipt. The web client groups by 40 ms, in which this many come on an idle machine; by
count the work per message stays the same on a busy one."""


class Messages:
    """`message_send` frames of one conversation, with `size` bytes of MLS; only the client id differs."""

    def __init__(self, conversation_id: str, size: int) -> None:
        conversation, mark = UUID(conversation_id), uuid7()
        data = mls.authenticated_data(conversation, mark)
        sample = bytes(64)  # lengths from 64 to 16,383 bytes are written in the same two bytes
        rest = len(mls.private_message(conversation, data, epoch=EPOCH, ciphertext=sample)) - len(sample)
        ciphertext = os.urandom(size - rest)
        message = mls.private_message(conversation, data, epoch=EPOCH, ciphertext=ciphertext)
        assert len(message) == size
        self._before, _, self._behind = message.partition(mark.bytes)
        self._start = f'{{"type":"message_send","conversation_id":"{conversation_id}","client_id":"'

    def frame(self, client_id: UUID) -> bytes:
        content = to_base64url(self._before + client_id.bytes + self._behind)
        return f'{self._start}{client_id}","content":"{content}","message_type":"secured"}}'.encode()


class Side:
    """One person's open socket, and how far it has told the server that it has the log."""

    def __init__(self, client: Client, conversation_id: str) -> None:
        self.client = client
        self.seq = 0
        self._told = 0
        self._receipt = f'{{"type":"message_ack","conversation_id":"{conversation_id}","seq":%d}}'

    def stored(self, seq: int) -> None:
        self.seq = seq
        if seq >= self._told + RECEIPT_ROWS:
            self._told = seq
            self.client.say((self._receipt % seq).encode())


class _Underway:
    """A message that was sent and is not delivered yet."""

    __slots__ = ("acked", "seen", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.acked = self.seen = False


class Conversation:
    """One pair. `delivered` is called for each message that was; `failed` resolves with what went wrong."""

    def __init__(self, pair: Pair, sender: Client, receiver: Client, size: int = MESSAGE_BYTES) -> None:
        self.id = pair.conversation_id
        self.times: list[float] = []
        self.ack_times: list[float] = []
        self.acknowledged: list[tuple[str, int, str]] = []
        self.delivered: Callable[[], None] = lambda: None
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._messages = Messages(pair.conversation_id, size)
        self._sender, self._receiver = Side(sender, self.id), Side(receiver, self.id)
        self._underway: dict[str, _Underway] = {}
        sender.heard, receiver.heard = self._sender_heard, self._receiver_heard
        for client in (sender, receiver):
            client.lost.add_done_callback(lambda lost: self._fail(str(lost.result())))

    @classmethod
    async def open(cls, port: int, pair: Pair, size: int = MESSAGE_BYTES) -> Conversation:
        return cls(pair, await greeted(port, pair.sender), await greeted(port, pair.receiver), size)

    @property
    def idle(self) -> bool:
        return not self._underway

    @property
    def sockets(self) -> tuple[Client, Client]:
        """The sender's and the receiver's."""
        return self._sender.client, self._receiver.client

    async def until_idle(self) -> None:
        """`RuntimeError` when something went wrong meanwhile."""
        while not self.idle:
            await asyncio.wait([self.failed], timeout=0.001)
            if self.failed.done():
                raise RuntimeError(self.failed.result())

    def send(self, since: float | None = None) -> None:
        """Send the next message; its time counts from `since`, when it was due, else from now."""
        client_id = uuid7()
        frame = self._messages.frame(client_id)
        self._underway[str(client_id)] = _Underway(time.perf_counter() if since is None else since)
        self._sender.client.say(frame)

    def forget_times(self) -> None:
        self.times.clear()
        self.ack_times.clear()

    def _sender_heard(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message_ack"'):
            ack = orjson.loads(text)
            client_id = ack["client_id"]
            message = self._underway.get(client_id)
            if message is None or message.acked:
                self._fail("an ack of something else")
                return
            self.acknowledged.append((client_id, ack["seq"], ack["chain"]))
            self.ack_times.append(time.perf_counter() - message.since)
            self._sender.stored(ack["seq"])
            message.acked = True
            self._consider(client_id, message)
        elif text.startswith(b'{"type":"error"'):
            # A refused message must not look like a fast one.
            self._fail(text.decode())

    def _receiver_heard(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message_receive"'):
            for row in orjson.loads(text)["rows"]:
                if row["seq"] != self._receiver.seq + 1:
                    self._fail(f"row {row['seq']} came after {self._receiver.seq}")
                self._receiver.stored(row["seq"])
                message = self._underway.get(row["client_id"])
                if message is not None:
                    message.seen = True
                    self._consider(row["client_id"], message)

    def _consider(self, client_id: str, message: _Underway) -> None:
        if message.acked and message.seen:
            del self._underway[client_id]
            self.times.append(time.perf_counter() - message.since)
            self.delivered()

    def _fail(self, why: str) -> None:
        if not self.failed.done():
            self.failed.set_result(why)


async def greeted(port: int, person: Person) -> Client:
    """A socket that has said hello."""
    client = await Client.open(port)
    welcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    client.heard = lambda text: None if welcome.done() else welcome.set_result(text)
    client.say(orjson.dumps({"type": "hello", "token": person.token, "cursors": {}, "event_cursor": 0}))
    done, _ = await asyncio.wait((welcome, client.lost), return_when=asyncio.FIRST_COMPLETED)
    assert welcome in done, client.lost.result()
    assert orjson.loads(welcome.result())["type"] == "hello_ok"
    return client
