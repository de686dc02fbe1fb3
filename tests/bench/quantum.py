"""quantum_service as it is started for people, and asked by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from shared.settings import new_secret
from tests.bench.http import Connection
from tests.processes import Process, eventually, free_ports, plain_environment


@dataclass(frozen=True)
class QuantumService:
    process: Process
    key: str

    async def connect(self) -> Connection:
        return await Connection.open(self.process.port, self.key)

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.process.url}/api/health", trust_env=False).json()
        return found

    @property
    def filled(self) -> bool:
        """The pool has its seeds, one of which is in use at once, and the simulator's process is gone."""
        [source] = self.health()["entropy"]["sources"]
        return 2 * source["filled_bits"] > source["capacity_bits"] and not psutil.Process(self.process.pid).children()

    def wait_until_filled(self) -> None:
        eventually(lambda: self.filled, what="a full entropy pool")


@contextmanager
def quantum_service(folder: Path, **settings: str) -> Iterator[QuantumService]:
    """Started with the settings it has by itself and `settings`; killed at the end."""
    [port] = free_ports(1)
    key = new_secret()
    environment = plain_environment(DATA_DIR=str(folder), QUANTUM_API_KEY=key, LOG_LEVEL="WARNING", **settings)
    process = Process("quantum_service", port, environment, folder / "quantum_service.log", ("--no-server-header",))
    process.start()
    try:
        yield QuantumService(process, key)
    finally:
        process.kill()
