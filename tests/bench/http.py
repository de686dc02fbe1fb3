"""One kept-alive HTTP connection that costs next to nothing, so that an answer's time is the service's (RFC 9112).

Does not: read chunked bodies, follow, retry, or send two questions at once; it talks to our own services on loopback.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

_END: Final = b"\r\n\r\n"


class Connection:
    def __init__(self, port: int, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self._reader, self._writer = reader, writer
        self.times: list[float] = []
        """Seconds from question to whole answer."""

    @classmethod
    async def open(cls, port: int, key: str) -> Connection:
        return cls(port, key, *await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer, which must be 200."""
        question = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        began = time.perf_counter()
        self._writer.write(question)
        head = (await self._reader.readuntil(_END)).lower()
        answer = await self._reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r")[0]))
        self.times.append(time.perf_counter() - began)
        if not head.startswith(b"http/1.1 200 "):
            raise RuntimeError(f"{path}: {answer.decode()[:500]}")
        return answer

    def close(self) -> None:
        self._writer.close()
