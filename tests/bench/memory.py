"""Memory of the services: with nothing to do, and with many people connected who say nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.bench.client import Client
from tests.bench.conversation import greeted
from tests.bench.meter import memory
from tests.bench.options import Options
from tests.bench.peers import PEERS
from tests.bench.quantum import quantum_service
from tests.bench.report import progress, table
from tests.bench.server import Server, running

LOOK_SECONDS: Final = 0.5
_STEADY: Final = 4
"""So many looks in a row that show nothing new."""
_HEARTBEAT_SECONDS: Final = 25.0
_SAME_BYTES: Final = 200_000


def at_rest(options: Options) -> Iterator[str]:
    progress("memory at rest")
    with (
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as app,
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as quantum,
        quantum_service(Path(quantum), QUANTUM_ENTROPY_SOURCE="aer") as service,
        running(Path(app), pairs=1) as server,
    ):
        service.wait_until_filled()
        one = asyncio.run(_settled(lambda: memory(server.process.pid)))
        other = asyncio.run(_settled(lambda: memory(service.process.pid)))
    rows = [["app_service, SQLite", _mb(one)], ["quantum_service, pool full", _mb(other)]]
    rows += [["**together**", f"**{_mb(one + other)}**"], ["target", "300"]]
    rows += [[peer["name"], str(peer["at_rest"])] for peer in PEERS["memory"]]
    yield table(["", "MB at rest"], rows)


def idle_sockets(options: Options) -> Iterator[str]:
    count = 100 if options.quick else 1000
    progress(f"memory with {count} idle sockets")
    with (
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name,
        running(Path(name), pairs=count // 2) as server,
    ):
        before, after = asyncio.run(with_sockets(server, count))
    rows = [[f"app_service, {count:,} sockets", _mb(before), _mb(after), f"**{(after - before) / count / 1000:.1f}**"]]
    rows.append(["target", "", "", "40"])
    for peer in PEERS["memory"]:
        if "with_clients" in peer:
            each = f"{peer['with_clients'] - peer['at_rest']}"
            rows.append([f"{peer['name']}, 1,000 clients", str(peer["at_rest"]), str(peer["with_clients"]), each])
    yield table(["", "MB at rest", "MB with them", "kB per socket"], rows)


async def with_sockets(server: Server, count: int) -> tuple[int, int]:
    """Bytes before the first and after the last has said hello."""
    pid, port = server.process.pid, server.process.port
    before = await _settled(lambda: memory(pid))
    people = [person for pair in server.pairs for person in (pair.sender, pair.receiver)]
    sockets: list[Client] = []
    heartbeat = asyncio.create_task(_keep_alive(sockets))
    for person in people[:count]:
        sockets.append(await greeted(port, person))  # noqa: PERF401 - those that are there are kept alive meanwhile
    after = await _settled(lambda: memory(pid))
    heartbeat.cancel()
    for socket in sockets:
        if socket.lost.done():
            raise RuntimeError(f"a socket was lost: {socket.lost.result()}")
        socket.close()
    return before, after


async def _keep_alive(sockets: list[Client]) -> None:
    """What the web client sends when it has nothing to say (docs/events.md)."""
    while True:
        await asyncio.sleep(_HEARTBEAT_SECONDS)
        for socket in sockets:
            socket.say(b'{"type":"ping"}')


async def _settled(look: Callable[[], int]) -> int:
    """What `look` shows once it stays the same for a while."""
    steady, last = 0, look()
    while steady < _STEADY:
        await asyncio.sleep(LOOK_SECONDS)
        now = look()
        steady = steady + 1 if abs(now - last) < _SAME_BYTES else 0
        last = now
    return last


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f}"
