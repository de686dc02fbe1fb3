"""Real services in processes of their own, on free ports: to be killed, restarted and looked at from outside."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from shared.settings import PROJECT_ROOT

T = TypeVar("T")

PATIENCE: Final = 180.0
"""Seconds after which a test calls something hung, also on a machine that has much else to do."""
_PORTS: Final = range(12_000, 32_000)
_SETTINGS: Final = (
    "AZURE_ENV",
    "DATABASE_URL",
    "JWT_SECRET",
    "SECRET_KEY",
    "ALLOWED_ORIGINS",
    "SERVER_NAME",
    "DATA_DIR",
    "ENABLE_WEBSOCKET",
)
_PREFIXES: Final = ("QUANTUM_", "RATE_LIMIT_", "LOG_", "TOKEN_", "HOST", "PORT", "COVERAGE_")


def free_ports(count: int) -> list[int]:
    """Different ones, below those that the system gives to whoever connects: nobody takes them before they are used."""
    probes: list[socket.socket] = []
    try:
        while len(probes) < count:
            probe = socket.socket()
            try:
                probe.bind(("127.0.0.1", secrets.choice(_PORTS)))
                probes.append(probe)
            except OSError:
                probe.close()
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def plain_environment(**changes: str) -> dict[str, str]:
    """The environment without the settings that a developer's shell may hold."""
    kept = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return {name: value for name, value in kept.items() if not name.startswith(_PREFIXES)} | changes


def eventually(check: Callable[[], T], *, seconds: float = PATIENCE, what: str = "it") -> T:
    """What `check` returns as soon as that is true; a refused connection means not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := check():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@dataclass
class Process:
    """One service under uvicorn, started as the README says."""

    name: str
    port: int
    environment: dict[str, str]
    log: Path
    arguments: tuple[str, ...] = ()
    directory: Path = PROJECT_ROOT
    module: str = ""
    """Another one than the service's own, such as `tests.quick_app`."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.launch()
        self.wait_until_healthy()

    def launch(self) -> None:
        """Start, without waiting for it."""
        assert not self.running
        app = f"{self.module or f'{self.name}.main'}:app"
        command = [sys.executable, "-m", "uvicorn", app, "--port", str(self.port), *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.directory, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_healthy(self) -> None:
        try:
            eventually(self._healthy, what=f"{self.name}: healthy")
        except AssertionError:
            self.kill()
            raise AssertionError(f"{self.name} did not start:\n{self.log.read_text()[-3000:]}") from None

    def _healthy(self) -> bool:
        assert self.running
        return httpx.get(f"{self.url}/api/health", trust_env=False).status_code == 200

    def kill(self) -> None:
        """SIGKILL, with all its children: nothing gets to tidy up."""
        if self._process is not None:
            if self.running:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)


@dataclass
class House:
    """Both services on one fresh data folder; without the simulator, which takes seconds of CPU at each start."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    app_module: str = ""
    app: Process = field(init=False)
    quantum: Process = field(init=False)

    def __post_init__(self) -> None:
        app_port, quantum_port = free_ports(2)
        environment = plain_environment(
            DATA_DIR=str(self.folder / "data"), QUANTUM_PORT=str(quantum_port), PORT=str(app_port)
        )
        environment |= {"QUANTUM_ENTROPY_SOURCE": "os", "QUANTUM_THREADS": "1"} | self.settings
        (self.folder / "logs").mkdir(parents=True)
        log = self.folder / "logs" / "main_app.log"
        self.app = Process("app_service", app_port, environment, log, module=self.app_module)
        self.quantum = Process(
            "quantum_service", quantum_port, environment, self.folder / "logs" / "quantum_service.log"
        )

    @property
    def url(self) -> str:
        return self.app.url

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=PATIENCE, **options)

    def forget(self) -> None:
        """The database is reset; app_service must be down."""
        for file in (self.folder / "data").glob("quantumchat.db*"):
            file.unlink()

    def everything_kept(self) -> bytes:
        """All bytes that the services have written: database with its journal, logs."""
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file()]
        return b"\0".join(file.read_bytes() for file in files)


@contextmanager
def house(folder: Path, *, app_module: str = "", **settings: str) -> Iterator[House]:
    """Both services, started; killed at the end."""
    started = House(folder, settings, app_module)
    try:
        services = (started.quantum, started.app)
        for service in services:
            service.launch()
        for service in services:
            service.wait_until_healthy()
        yield started
    finally:
        started.app.kill()
        started.quantum.kill()
