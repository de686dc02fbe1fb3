"""How long a random number takes that quantum_service draws: alone, in a crowd, and while its pool fills."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench.http import Connection
from tests.bench.meter import Meter
from tests.bench.options import Options
from tests.bench.quantum import QuantumService, quantum_service
from tests.bench.report import milliseconds, progress, table

CROWD: Final = 8
_PATH: Final = "/api/quantum/random?bytes=32"
_LOOK_SECONDS: Final = 0.1


def pool(options: Options) -> Iterator[str]:
    seconds = options.seconds / 2
    rows = []
    with _service() as service:
        rows.append(_draws(service, "one caller, while the simulator fills the pool", 1, lambda: not service.filled))
    with _service() as service:
        who = f"{CROWD} at once, while the simulator fills the pool"
        rows.append(_draws(service, who, CROWD, lambda: not service.filled))
        service.wait_until_filled()
        rows.append(_draws(service, "one caller, full pool", 1, _lasting(seconds)))
        rows.append(_draws(service, f"{CROWD} at once, full pool", CROWD, _lasting(seconds)))
    rows.append(["target", "", "- / 5", ""])
    yield table(["32 random bytes with their receipt", "per second", "p50 / p99 ms", "CPU-s per 1,000"], rows)
    yield f"{CROWD} callers ask again as soon as they were answered, so they mostly wait for each other.\n"


@contextmanager
def _service() -> Iterator[QuantumService]:
    """Just started: the simulator fills the empty pool, and takes a core for seconds."""
    with (
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name,
        quantum_service(Path(name), QUANTUM_ENTROPY_SOURCE="aer") as service,
    ):
        yield service


def _lasting(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _draws(service: QuantumService, who: str, callers: int, go_on: Callable[[], bool]) -> list[str]:
    progress(f"random numbers: {who}")
    meter = Meter([service.process.pid])
    times = asyncio.run(crowd(service, callers, go_on))
    reading = meter.read()
    return [
        who,
        f"{len(times) / reading.seconds:,.0f}",
        milliseconds(times, 50, 99),
        f"{reading.cpu[0] / len(times) * 1000:.2f}",
    ]


async def crowd(service: QuantumService, callers: int, go_on: Callable[[], bool]) -> list[float]:
    connections = [await service.connect() for _ in range(callers)]
    watching = asyncio.create_task(asyncio.to_thread(_watch, go_on))

    async def draw(connection: Connection) -> None:
        while not watching.done():
            await connection.ask("GET", _PATH)

    await asyncio.gather(watching, *map(draw, connections))
    for connection in connections:
        connection.close()
    return [value for connection in connections for value in connection.times]


def _watch(go_on: Callable[[], bool]) -> None:
    while go_on():
        time.sleep(_LOOK_SECONDS)
