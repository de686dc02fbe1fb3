"""People who write and read through everything: each sends until it is acknowledged, and reads on after its cursor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr
from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from shared.encoding import to_base64url
from shared.settings import new_secret
from tests import factories_mls as mls
from tests.bench.check import Acknowledged, check
from tests.bench.world import EPOCH, Pair, Person, make_world
from tests.processes import PATIENCE, Process, free_ports, plain_environment

AT_ONCE: Final = 8
UNLIMITED: Final = {"RATE_LIMIT_MESSAGES": "100000/second"}
AGAIN_SECONDS: Final = 0.05


@contextmanager
def server_for(url: str, folder: Path, pairs: int, **settings: str) -> Iterator[tuple[Process, list[Pair]]]:
    """app_service in a process of its own, with active sessions; killed at the end."""
    secret = new_secret()
    people = make_world(url, SecretStr(secret), pairs)
    port, nobody = free_ports(2)
    environment = plain_environment(
        DATA_DIR=str(folder),
        DATABASE_URL=url,
        JWT_SECRET=secret,
        QUANTUM_PORT=str(nobody),
        **settings,
    )
    process = Process("app_service", port, environment, folder / "log")
    process.start()
    try:
        yield process, people
    finally:
        process.kill()


class Client:
    """One person: what is not acknowledged goes out again after a reconnect, under its id and with other bytes."""

    def __init__(self, url: str, pair: Pair, person: Person) -> None:
        self.conversation_id = pair.conversation_id
        self.acks: dict[str, Acknowledged] = {}
        self.seen: list[Acknowledged] = []
        self.refused: list[str] = []
        """Codes of errors that said to try again."""
        self._url, self._person = url, person
        self._waiting: dict[str, None] = {}
        self._sent: set[str] = set()
        """Of those waiting, what this socket has sent."""
        self._writing = True

    def stop_writing(self) -> None:
        self._writing = False

    async def run(self, last: asyncio.Event) -> None:
        """Until `last` is set."""
        over = asyncio.create_task(last.wait())
        while not last.is_set():
            using = asyncio.create_task(self._use_a_socket())
            await asyncio.wait((using, over), return_when=asyncio.FIRST_COMPLETED)
            using.cancel()
            try:
                await using
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(AGAIN_SECONDS)
            except asyncio.CancelledError:
                return

    @property
    def settled(self) -> bool:
        return not self._writing and not self._waiting

    async def _use_a_socket(self) -> None:
        address = self._url.replace("http", "ws")
        async with connect(f"{address}/ws", origin=Origin(self._url), open_timeout=PATIENCE, proxy=None) as socket:
            cursors = {self.conversation_id: len(self.seen)}
            await self._say(socket, "hello", token=self._person.token, cursors=cursors, event_cursor=None)
            self._sent.clear()
            while True:
                await self._write(socket)
                async with asyncio.timeout(PATIENCE):
                    frame = json.loads(await socket.recv())
                self._hear(frame)
                if frame["type"] == "error":
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _write(self, socket: ClientConnection) -> None:
        while self._writing and len(self._waiting) < AT_ONCE:
            self._waiting[str(uuid7())] = None
        for client_id in [each for each in self._waiting if each not in self._sent]:
            self._sent.add(client_id)
            content = mls.message(UUID(self.conversation_id), UUID(client_id), epoch=EPOCH)
            await self._say(
                socket,
                "message_send",
                conversation_id=self.conversation_id,
                client_id=client_id,
                content=to_base64url(content),
                message_type="secured",
            )

    @staticmethod
    async def _say(socket: ClientConnection, kind: str, **fields: Any) -> None:
        await socket.send(json.dumps({"type": kind, **fields}))

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "message_ack":
                ack = (frame["client_id"], frame["seq"], frame["chain"])
                assert self.acks.setdefault(frame["client_id"], ack) == ack, "a repeat got another answer"
                self._waiting.pop(frame["client_id"], None)
                if frame["seq"] == len(self.seen) + 1:
                    self._see(ack)
            case "message_receive":
                for row in frame["rows"]:
                    self._see((row["client_id"], row["seq"], row["chain"]))
            case "error":
                assert frame["retry_after"] is not None, frame
                self.refused.append(frame["code"])
                self._sent.discard(frame["client_id"])

    def _see(self, row: Acknowledged) -> None:
        """The next row, or one of our own again that its ack stood for."""
        place = row[1] - 1
        if place == len(self.seen):
            self.seen.append(row)
        assert place < len(self.seen), "a row came out of turn"
        assert self.seen[place] == row, "two rows were told of one place"
        assert place == len(self.seen) - 1 or row[0] in self.acks, "a row came twice"


class Crowd:
    """Both people of each pair, writing to each other at the same time."""

    def __init__(self, url: str, pairs: list[Pair]) -> None:
        self.clients = [Client(url, pair, person) for pair in pairs for person in (pair.sender, pair.receiver)]
        self._last = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(client.run(self._last)) for client in self.clients]

    @property
    def acknowledged(self) -> int:
        return sum(len(client.acks) for client in self.clients)

    async def until_acknowledged(self, count: int) -> None:
        """Wait until so many messages were acknowledged in all."""
        await self._until(lambda: self.acknowledged >= count)

    async def until_refused(self, code: str) -> None:
        """Wait until somebody hears this refusal, again."""
        heard = sum(client.refused.count(code) for client in self.clients)
        await self._until(lambda: sum(client.refused.count(code) for client in self.clients) > heard)

    async def settle(self) -> None:
        """Write nothing new; wait until everything is acknowledged and everybody has seen it."""
        for client in self.clients:
            client.stop_writing()
        await self._until(lambda: all(client.settled for client in self.clients))
        await self._until(lambda: all(len(client.seen) >= self._length(client) for client in self.clients))
        self._last.set()
        await asyncio.gather(*self._tasks)

    def _length(self, client: Client) -> int:
        return sum(len(each.acks) for each in self.clients if each.conversation_id == client.conversation_id)

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                for task in self._tasks:
                    assert not task.done() or task.result() is None, "a client has given up"
                await asyncio.sleep(0.002)

    def check(self, url: str) -> int:
        """Everybody's acks and views against the database: nothing lost, doubled or moved. How many rows there are."""
        told: dict[str, list[Acknowledged]] = {}
        for client in self.clients:
            told.setdefault(client.conversation_id, []).extend((*client.acks.values(), *client.seen))
            assert [seq for _, seq, _ in client.seen] == list(range(1, self._length(client) + 1))
        rows = check(url, told)
        assert rows == self.acknowledged, "a row that nobody has an answer to"
        return rows
