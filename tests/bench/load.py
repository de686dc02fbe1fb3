"""The load generator, a process of its own: `python -m tests.bench.load PLAN.json RESULT.json`.

A closed loop: each sender sends its next message when the last one was acknowledged by the server *and* has come to
the receiver. Both report what they have as delivered, grouped as the web client does. The messages' headers and
authenticated data are real, the ciphertext is not.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import psutil
import uvloop
from uuid_utils.compat import uuid7

from shared.encoding import to_base64url
from tests import factories_mls as mls
from tests.bench.client import Client
from tests.bench.world import EPOCH, Pair, Person

MESSAGE_BYTES: Final = 800
"""Of the whole MLS message: header, authenticated data and ciphertext."""
AT_LEAST: Final = 5
"""Messages of each pair within the measured time, however slow the machine is."""
RECEIPT_ROWS: Final = 10
"""So many rows go into one receipt. The web client groups by 40 ms, in which this many come on an idle machine; by
count the work per message stays the same on a busy one."""
DRAIN_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Plan:
    port: int
    pairs: list[Pair]
    counted_pids: list[int]
    """The server's processes: their CPU is measured, with that of their children."""
    warm_up: float
    seconds: float


@dataclass(frozen=True)
class Result:
    messages: int
    seconds: float
    cpu_seconds: float
    own_cpu_seconds: float
    memory: int
    times: list[float]
    """Seconds from sending to acknowledged and seen, of the messages within the measured time."""
    acknowledged: dict[str, list[tuple[str, int, str]]]
    """Client id, seq and chain value of everything that was ever acknowledged, by conversation."""


class Messages:
    """`message_send` frames of one conversation, of exactly `MESSAGE_BYTES`; only the client id differs."""

    def __init__(self, conversation_id: str) -> None:
        conversation, mark = UUID(conversation_id), uuid7()
        data = mls.authenticated_data(conversation, mark)
        sample = bytes(64)  # lengths from 64 to 16,383 bytes are written in the same two bytes
        rest = len(mls.private_message(conversation, data, epoch=EPOCH, ciphertext=sample)) - len(sample)
        ciphertext = os.urandom(MESSAGE_BYTES - rest)
        message = mls.private_message(conversation, data, epoch=EPOCH, ciphertext=ciphertext)
        assert len(message) == MESSAGE_BYTES
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


class Conversation:
    """One pair's loop. `failed` resolves with what went wrong."""

    def __init__(self, pair: Pair, sender: Client, receiver: Client) -> None:
        self.id = pair.conversation_id
        self.times: list[float] = []
        self.acknowledged: list[tuple[str, int, str]] = []
        self.idle = asyncio.Event()
        self.stopping = False
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._messages = Messages(pair.conversation_id)
        self._sender, self._receiver = Side(sender, self.id), Side(receiver, self.id)
        self._open = ""
        self._acked = self._seen = False
        sender.heard, receiver.heard = self._sender_heard, self._receiver_heard
        for client in (sender, receiver):
            client.lost.add_done_callback(lambda lost: self._fail(str(lost.result())))

    def go_on(self) -> None:
        """Send the next message."""
        if self.stopping:
            self.idle.set()
            return
        client_id = uuid7()
        self._open, self._acked, self._seen = str(client_id), False, False
        frame = self._messages.frame(client_id)
        self._began = time.perf_counter()
        self._sender.client.say(frame)

    def _sender_heard(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message_ack"'):
            ack = orjson.loads(text)
            if ack["client_id"] != self._open:
                self._fail("an ack of something else")
            self.acknowledged.append((ack["client_id"], ack["seq"], ack["chain"]))
            self._sender.stored(ack["seq"])
            self._acked = True
            self._consider()
        elif text.startswith(b'{"type":"error"'):
            # A refused message must not look like a fast one.
            self._fail(text.decode())

    def _receiver_heard(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message_receive"'):
            for row in orjson.loads(text)["rows"]:
                if row["seq"] != self._receiver.seq + 1:
                    self._fail(f"row {row['seq']} came after {self._receiver.seq}")
                self._receiver.stored(row["seq"])
                self._seen = self._seen or row["client_id"] == self._open
            self._consider()

    def _consider(self) -> None:
        if self._acked and self._seen:
            self._acked = False
            self.times.append(time.perf_counter() - self._began)
            self.go_on()

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


async def run(plan: Plan) -> Result:
    loops = [
        Conversation(pair, await greeted(plan.port, pair.sender), await greeted(plan.port, pair.receiver))
        for pair in plan.pairs
    ]
    for each in loops:
        each.go_on()
    await _wait(loops, plan.warm_up)
    for each in loops:
        each.times.clear()
    began, before, own = time.perf_counter(), cpu_seconds(plan.counted_pids), time.process_time()
    await _wait(loops, plan.seconds)
    while any(len(each.times) < AT_LEAST for each in loops):
        await _wait(loops, 0.05)
    elapsed, used, own_used = time.perf_counter() - began, cpu_seconds(plan.counted_pids), time.process_time()
    times = sorted(value for each in loops for value in each.times)
    memory = sum(psutil.Process(pid).memory_info().rss for pid in plan.counted_pids)
    await _stop(loops)
    acknowledged = {each.id: each.acknowledged for each in loops}
    return Result(len(times), elapsed, used - before, own_used - own, memory, times, acknowledged)


async def _wait(loops: Iterable[Conversation], seconds: float) -> None:
    failed, _ = await asyncio.wait([each.failed for each in loops], timeout=seconds, return_when="FIRST_COMPLETED")
    for each in failed:
        raise RuntimeError(each.result())


async def _stop(loops: list[Conversation]) -> None:
    """Send nothing more; wait for the messages that are on their way, so that nothing is stored without an ack."""
    for each in loops:
        each.stopping = True
    async with asyncio.timeout(DRAIN_SECONDS):
        for each in loops:
            await each.idle.wait()


def cpu_seconds(pids: Iterable[int]) -> float:
    """What these processes and their children have used, those that have ended included."""
    used = 0.0
    for root in map(psutil.Process, pids):
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            used += times.user + times.system + times.children_user + times.children_system
    return used


def read_plan(path: Path) -> Plan:
    fields: dict[str, Any] = orjson.loads(path.read_bytes())
    pairs = [
        Pair(each["conversation_id"], Person(**each["sender"]), Person(**each["receiver"])) for each in fields["pairs"]
    ]
    return Plan(**{**fields, "pairs": pairs})


if __name__ == "__main__":
    plan_path, result_path = map(Path, sys.argv[1:])
    result_path.write_bytes(orjson.dumps(asdict(uvloop.run(run(read_plan(plan_path))))))
