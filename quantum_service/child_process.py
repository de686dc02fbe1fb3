"""Processes of their own for what needs Qiskit (about 100 MB), so that the service itself never imports it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_KEPT: Final = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
_ROOT: Final = Path(__file__).resolve().parents[1]


async def start(
    command: Sequence[str], *, stdin: int = asyncio.subprocess.DEVNULL, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """The command with its output in a pipe and `environment` besides what it needs; `OSError` when it does not start.

    Its standard error goes nowhere: a library's error may hold a secret that the child was given.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        env=_environment() | dict(environment or {}),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill it unless it has ended by itself."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def be_a_child(lifetime_seconds: int) -> int:
    """In the child: end after this time whatever happens, and let go first; the descriptor for what the parent reads.

    Whatever a library prints goes to standard error.
    """
    signal.alarm(lifetime_seconds)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.nice(10)
    target = os.dup(1)
    os.dup2(2, 1)
    return target


def _environment() -> dict[str, str]:
    """A child needs no secret of the service unless it is handed one, and one thread is enough for it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
