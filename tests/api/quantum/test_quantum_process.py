"""The service as a process of its own: as the README starts it, its memory, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from tests.processes import PATIENCE

ROOT: Final = Path(__file__).resolve().parents[3]
IDLE_RSS_BYTES: Final = 150 << 20  # half of what both services may take together


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(data_dir: Path, **environment: str) -> Iterator[tuple[psutil.Popen, str]]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "quantum_service.main:app", "--port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUANTUM_")}
    with (data_dir / "log").open("w") as log:
        process = psutil.Popen(
            command, cwd=ROOT, env=kept | {"DATA_DIR": str(data_dir)} | environment, stdout=log, stderr=log
        )
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.is_running():
                process.kill()
            process.wait(PATIENCE)


def eventually(check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if found := check():
                return found
        except (httpx.TransportError, psutil.NoSuchProcess):
            pass
        time.sleep(0.05)
    raise AssertionError("it never happened")


def circuits(process: psutil.Popen) -> list[psutil.Process]:
    """The children that run Aer; looking for libraries starts others for a moment."""
    return [child for child in process.children() if "quantum_service.entropy.sources.aer_worker" in child.cmdline()]


def ended(process: psutil.Popen) -> None:
    process.wait(PATIENCE)
    assert process.returncode in {0, -signal.SIGTERM}


def test_starts_fills_its_pool_rests_small_and_ends_clean(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        health = eventually(lambda: (h := httpx.get(f"{url}/api/health").json())["status"] == "ok" and h)
        assert health["entropy"]["mode"] == "quantum-mixed"
        eventually(lambda: not process.children(recursive=True))
        assert process.memory_info().rss < IDLE_RSS_BYTES
        process.send_signal(signal.SIGTERM)
        ended(process)
    assert oct((tmp_path / "secrets.json").stat().st_mode)[-3:] == "600"
    secrets = (tmp_path / "secrets.json").read_text().split('"')[3::4]
    log = (tmp_path / "log").read_text()
    assert secrets
    assert not any(secret in log for secret in secrets)


def test_ends_clean_while_a_circuit_runs(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        children = eventually(lambda: circuits(process))
        eventually(lambda: httpx.get(f"{url}/api/health").status_code == 200)
        process.send_signal(signal.SIGTERM)
        ended(process)
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert not alive


def test_a_killed_service_leaves_no_circuit_behind(tmp_path: Path) -> None:
    with running(tmp_path) as (process, _):
        children = eventually(lambda: circuits(process))
        process.kill()
        process.wait(PATIENCE)
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert not alive


def test_refuses_to_start_in_production_without_secrets(tmp_path: Path) -> None:
    with running(tmp_path, AZURE_ENV="production") as (process, _):
        assert process.wait(PATIENCE) != 0
    log = (tmp_path / "log").read_text()
    for name in ("QUANTUM_API_KEY", "QUANTUM_OPERATOR_KEY", "QUANTUM_MASTER_KEY"):
        assert f"{name} is missing" in log
    assert not (tmp_path / "secrets.json").exists()


def test_the_service_is_one_process_without_qiskit() -> None:
    """Importing the application pulls in neither Qiskit nor numpy."""
    program = (
        "import sys, quantum_service.main; "
        "sys.exit(any(name in sys.modules for name in ('qiskit', 'qiskit_aer', 'numpy', 'oqs')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
