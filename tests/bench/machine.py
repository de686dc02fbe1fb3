"""On what the figures were measured, and whether it had other work."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from tests.bench.report import short

BUSY_CORES: Final = 0.2
"""From so much work of others on, figures are noise."""
_WATCHED_SECONDS: Final = 1.0
_FSYNCS: Final = 50


def facts() -> Iterator[str]:
    others = psutil.cpu_percent(_WATCHED_SECONDS) / 100 * (os.cpu_count() or 1)
    load = os.getloadavg()[0]
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"an fsync of 4 kB takes {short(_fsync_seconds() * 1000)} ms. At the start others used {others:.1f} cores "
        f"(load average {load:.1f}).\n"
    )
    if others > BUSY_CORES:
        yield "**The machine was busy: these figures say little. Measure again when nothing else runs.**\n"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _fsync_seconds() -> float:
    """Where the databases will be: each commit waits for one of these."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(_FSYNCS):
            file.write(bytes(4096))
            began = time.perf_counter()
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return median(times)
