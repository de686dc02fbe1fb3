"""Sampling in a process of its own: the service itself imports no Qiskit, and holds no job's memory.

Promises: the child is ended when it has answered, when it takes too long, and when the service stops; it gets what it
is asked on standard input. Of an error that stops it the parent hears the type alone, as `failed`.

The child writes to its standard output:

    | bytes | what                                                                                    |
    |-------|-----------------------------------------------------------------------------------------|
    | 4     | length of the header, big endian                                                        |
    | n     | header, JSON: streams (count), stream_bytes (each), and what the source wants to know   |
    | …     | the streams, one after the other                                                        |
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from quantum_service import child_process
from quantum_service.entropy.sources import SourceFailed

MAX_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Answer:
    header: Mapping[str, Any]
    streams: tuple[bytes, ...]

    def text(self, name: str) -> str:
        """A field of the header; `SourceFailed` when it is missing or no text."""
        value = self.header.get(name)
        if not isinstance(value, str):
            raise SourceFailed("malformed")
        return value


async def ask(
    command: Sequence[str], question: Mapping[str, Any], within: float, environment: Mapping[str, str] | None = None
) -> Answer:
    """Start the child, hand it the question, and read its answer; `SourceFailed` when there is none in time (s)."""
    try:
        process = await child_process.start(command, stdin=asyncio.subprocess.PIPE, environment=environment)
    except OSError as error:
        raise SourceFailed("not_started") from error
    try:
        async with asyncio.timeout(within):
            output, _ = await process.communicate(json.dumps(question).encode())
    except TimeoutError as error:
        raise SourceFailed("timeout") from error
    finally:
        await child_process.end(process)
    if process.returncode != 0:
        raise SourceFailed("crashed")
    answer = parse(output)
    if failed := answer.header.get("failed"):
        raise SourceFailed(failed if isinstance(failed, str) and failed.isidentifier() else "malformed")
    return answer


def parse(output: bytes) -> Answer:
    """What a child wrote; `SourceFailed` when it is not of the layout above."""
    try:
        at = 4 + int.from_bytes(output[:4], "big")
        header = json.loads(output[4:at])
        count, size = int(header["streams"]), int(header["stream_bytes"])
    except (ValueError, KeyError, TypeError) as error:
        raise SourceFailed("malformed") from error
    if min(count, size) < 0 or count * size > MAX_BLOCK_BYTES or len(output) != at + count * size:
        raise SourceFailed("malformed")
    return Answer(header, tuple(output[at + i * size : at + (i + 1) * size] for i in range(count)))
