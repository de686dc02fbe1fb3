"""A copy of the checkout with data, logs and ports of its own, to run the scripts in."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from shared.settings import PROJECT_ROOT
from tests.processes import PATIENCE, eventually, free_ports, plain_environment

INSTALLED_BY: Final = ("package.json", "package-lock.json", ".npmrc", "patches")
BUILT_FROM: Final = (
    *("package.json", "package-lock.json", "patches", "index.html", "tsconfig.json"),
    *("vite.config.ts", "public", "src", "../shared/content_security_policy.json"),
)
COPIED: Final = (
    *("start_services.sh", "stop_services.sh", "requirements.txt"),
    *("deploy", "app_service", "quantum_service", "shared"),
    *(f"frontend/{name}" for name in sorted({*INSTALLED_BY, *BUILT_FROM}) if not name.startswith("../")),
)
STAMPS: Final = (".requirements", ".installed", ".built")


@dataclass
class Checkout:
    path: Path
    environment: dict[str, str]

    @classmethod
    def make(cls, path: Path) -> Checkout:
        for name in COPIED:
            _copy(PROJECT_ROOT / name, path / name)
        # What set-up installs is linked, with stamps that say it is done: nothing here may change the real ones.
        _link_all(Path(sys.prefix), path / ".venv")
        _link_all(PROJECT_ROOT / "frontend" / "node_modules", path / "frontend" / "node_modules")
        (path / "frontend" / "dist").mkdir()
        (path / "frontend" / "dist" / "index.html").write_text("<!doctype html><title>QuantumChat</title>")
        _stamp(path, ".venv/.requirements", ".", "requirements.txt")
        _stamp(path, "frontend/node_modules/.installed", "frontend", *INSTALLED_BY)
        _stamp(path, "frontend/node_modules/.built", "frontend", *BUILT_FROM)
        port, quantum_port, client_port = free_ports(3)
        environment = plain_environment(
            PORT=str(port), QUANTUM_PORT=str(quantum_port), CLIENT_PORT=str(client_port), QUANTUM_ENTROPY_SOURCE="os"
        )
        return cls(path, environment)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [f"./{script}", *arguments],
            cwd=self.path,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def open(self, *arguments: str) -> Terminal:
        return Terminal(self, arguments)

    def healthy(self, port: str = "PORT") -> bool:
        return httpx.get(f"http://localhost:{self.environment[port]}/api/health", trust_env=False).status_code == 200

    def answers(self, port: str) -> bool:
        try:
            httpx.get(f"http://localhost:{self.environment[port]}/", trust_env=False)
        except httpx.TransportError:
            return False
        return True

    def leave_behind(self, name: str, pid: int) -> None:
        """A note of a process that began at another time than the one that has its number now, if any."""
        note = self.path / "run" / f"{name}.pid"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{pid}\n1\n")

    def build_client_by(self, program: str) -> None:
        """As if the client were still to be built, by this program: the real build takes a minute."""
        package = self.path / "frontend" / "package.json"
        described = json.loads(package.read_text())
        described["scripts"]["build"] = f'node -e "{program}"'
        package.write_text(json.dumps(described))
        _stamp(self.path, "frontend/node_modules/.installed", "frontend", *INSTALLED_BY)

    def pid(self, name: str) -> int:
        return int((self.path / "run" / f"{name}.pid").read_text().split()[0])


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _link_all(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name not in STAMPS:
            (target / entry.name).symlink_to(entry)


def _stamp(checkout: Path, stamp: str, folder: str, *names: str) -> None:
    command = [sys.executable, "-IS", str(checkout / "deploy" / "local" / "fingerprint.py"), *names]
    wanted = subprocess.run(command, cwd=checkout / folder, capture_output=True, check=True).stdout
    (checkout / stamp).write_bytes(wanted)


class Terminal:
    """`./start_services.sh` in the foreground."""

    def __init__(self, checkout: Checkout, arguments: tuple[str, ...]) -> None:
        self._output = checkout.path / "terminal"
        # Where the tests were started in the background, shells ignore Control-C, and so would their children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                ["./start_services.sh", *arguments],
                cwd=checkout.path,
                env=checkout.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self._output.read_text()

    def wait_for(self, pattern: str, seconds: float = PATIENCE) -> None:
        def seen() -> bool:
            assert self.process.poll() is None or re.search(pattern, self.text), self.text
            return re.search(pattern, self.text) is not None

        try:
            eventually(seen, seconds=seconds, what=repr(pattern))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    def press_control_c(self) -> int:
        """As a terminal does: SIGINT to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)
