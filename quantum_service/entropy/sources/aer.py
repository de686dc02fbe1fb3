"""Measurements of a simulated circuit by Qiskit Aer, in a process of its own.

Promises: the service itself never imports Qiskit (about 100 MB); one short-lived process per block, ended when the
block is there, when it takes too long, and when the service stops. Does not: give entropy. Aer seeds MT19937
with 32 bits per job, so its samples are credited zero bits and only ever mixed in.

The child writes to its standard output:

    | bytes | what                                                                |
    |-------|---------------------------------------------------------------------|
    | 4     | length of the header, big endian                                    |
    | n     | header, JSON: backend, job_id, streams (count), stream_bytes (each) |
    | …     | the streams, one after the other                                    |
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from quantum_service import child_process
from quantum_service.entropy.sources import RawBlock, SourceFailed

TIMEOUT_SECONDS: Final = 60.0
MAX_BLOCK_BYTES: Final = 1 << 20
_WORKER: Final = "quantum_service.entropy.sources.aer_worker"


class AerSource:
    name = "aer-simulator"
    quantum = True
    simulated = True
    expected_min_entropy = 0.9
    credited_min_entropy = 0.0
    kept_seeds = 256

    def __init__(self, command: tuple[str, ...] | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._command = command or (sys.executable, "-m", _WORKER)
        self._timeout = timeout

    async def sample(self) -> RawBlock:
        try:
            process = await child_process.start(self._command)
        except OSError as error:
            raise SourceFailed("not_started") from error
        try:
            async with asyncio.timeout(self._timeout):
                output, _ = await process.communicate()
        except TimeoutError as error:
            raise SourceFailed("timeout") from error
        finally:
            await child_process.end(process)
        if process.returncode != 0:
            raise SourceFailed("crashed")
        return parse(output)


def parse(output: bytes) -> RawBlock:
    """The block in a child's output; `SourceFailed` when it is not of the layout above."""
    try:
        at = 4 + int.from_bytes(output[:4], "big")
        header = json.loads(output[4:at])
        count, size = int(header["streams"]), int(header["stream_bytes"])
        backend, job_id = str(header["backend"]), str(header["job_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise SourceFailed("malformed") from error
    if count < 1 or size < 1 or count * size > MAX_BLOCK_BYTES or len(output) != at + count * size:
        raise SourceFailed("malformed")
    streams = tuple(output[at + i * size : at + (i + 1) * size] for i in range(count))
    return RawBlock(streams, backend, job_id)
