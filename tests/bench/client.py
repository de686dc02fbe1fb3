"""A WebSocket client that costs next to nothing, so that one core can load a server on the other (RFC 6455).

Does not: fragment, compress, or mask with anything but zeros; it talks to our own server on loopback only.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final, cast

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_NO_MASK: Final = bytes(4)


class Client(asyncio.Protocol):
    """Hands each text frame to `heard`; `lost` resolves with the reason when the socket ends."""

    def __init__(self, port: int) -> None:
        self.heard: Callable[[bytes], None] = lambda _: None
        self.sent = self.received = 0
        """Bytes, with WebSocket's framing."""
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._accepted: asyncio.Future[None] = loop.create_future()
        self._host = f"127.0.0.1:{port}"
        self._buffer = bytearray()

    @classmethod
    async def open(cls, port: int) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(port), "127.0.0.1", port)
        await client._accepted
        return client

    def say(self, text: bytes) -> None:
        self._send(_TEXT, text)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        lines = (
            "GET /ws HTTP/1.1",
            f"Host: {self._host}",
            f"Origin: http://{self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        )
        self._transport.write("\r\n".join((*lines, "", "")).encode())

    def connection_lost(self, _: Exception | None) -> None:
        self._end("the server closed the connection")

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._buffer += data
        if not self._accepted.done() and not self._accept():
            return
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def _accept(self) -> bool:
        head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            self._end(head.decode("latin-1"))
            return False
        self._buffer = bytearray(rest)
        self._accepted.set_result(None)
        return True

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return None
        opcode, content = buffer[0] & 0xF, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return opcode, content

    def _take(self, opcode: int, content: bytes) -> None:
        if opcode == _TEXT:
            self.heard(content)
        elif opcode == _PING:
            self._send(_PONG, content)
        elif opcode == _CLOSE:
            self._end(f"the server closed with {int.from_bytes(content[:2], 'big')}")

    def _send(self, opcode: int, content: bytes) -> None:
        length = len(content)
        size = struct.pack("!B", _MASKED | length) if length < 126 else struct.pack("!BH", _MASKED | 126, length)
        frame = bytes((_FINAL | opcode,)) + size + _NO_MASK + content
        self.sent += len(frame)
        self._transport.write(frame)

    def _end(self, why: str) -> None:
        if not self._accepted.done():
            self._accepted.set_exception(ConnectionError(why))
        if not self.lost.done():
            self.lost.set_result(why)
