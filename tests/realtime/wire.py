"""The client's end of the WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from pydantic import TypeAdapter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from app_service.socket.frames import ServerFrame
from tests.factories import Browser, Json
from tests.groups import Group
from tests.processes import PATIENCE
from tests.services import Service

_FRAME: Final[TypeAdapter[Any]] = TypeAdapter(ServerFrame)


class Client:
    """One open socket. Frames are kept in the order in which they came."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self.texts = 0
        """How many frames of WebSocket those came in."""
        self._heard: deque[Json] = deque()

    async def say(self, kind: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **fields}))

    async def hear(self) -> Json:
        """The next frame, which must be one of the documented ones."""
        if not self._heard:
            async with asyncio.timeout(PATIENCE):
                text = await self.connection.recv()
            assert isinstance(text, str)
            said = json.loads(text)
            self._heard.extend(said if isinstance(said, list) else [said])
            self.texts += 1
        frame = self._heard.popleft()
        _FRAME.validate_python(frame)
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, matches: Callable[[Json], bool] = lambda _: True) -> Json:
        """Hear up to a frame of this kind; earlier ones stay in `frames`."""
        while True:
            frame = await self.hear()
            if frame["type"] == kind and matches(frame):
                return frame

    async def hello(
        self, token: str | None, cursors: dict[str, int] | None = None, event_cursor: int | None = None
    ) -> Json:
        await self.say("hello", token=token, cursors=cursors or {}, event_cursor=event_cursor)
        return await self.until("hello_ok")

    async def send(self, group: Group, body: Json | None = None) -> None:
        await self.say("message_send", **(body or group.message()))

    async def settled(self) -> None:
        """Everything that the server had to say before this was said has come."""
        await self.say("ping")
        await self.until("pong")

    async def rows(self, group: Group, upto: int) -> list[Json]:
        """Hear until the row `upto`; all rows of the conversation that ever came."""
        while not (rows := self.received(group)) or rows[-1]["seq"] < upto:
            await self.until("message_receive")
        return rows

    def received(self, group: Group) -> list[Json]:
        return [
            row
            for frame in self.frames
            if frame["type"] == "message_receive" and frame["conversation_id"] == group.session_id
            for row in frame["rows"]
        ]

    async def closed(self) -> int:
        """The code with which the server closes."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd is not None else 1006


@dataclass
class Wire:
    service: Service
    server: uvicorn.Server
    port: int
    clients: list[Client] = field(default_factory=list)

    async def connect(self, origin: str | None = "own", *, together: bool = True, **options: Any) -> Client:
        if origin == "own":
            origin = f"http://127.0.0.1:{self.port}"
        connection = await connect(
            f"ws://127.0.0.1:{self.port}/ws{'?frames=together' if together else ''}",
            origin=None if origin is None else Origin(origin),
            proxy=None,
            max_size=None,
            open_timeout=PATIENCE,
            **options,
        )
        client = Client(connection)
        self.clients.append(client)
        return client

    async def open(
        self, browser: Browser, cursors: dict[str, int] | None = None, event_cursor: int | None = None
    ) -> Client:
        """A socket that has said hello."""
        client = await self.connect()
        await client.hello(browser.token, cursors, event_cursor)
        return client

    async def close(self) -> None:
        for client in self.clients:
            # A tidy end would first wait ten seconds for somebody who has left frames unread.
            client.connection.transport.abort()
            await client.connection.wait_closed()
