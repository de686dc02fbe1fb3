"""CPU of the processes that are measured, of the one that measures, and of everything else on the machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")


@dataclass(frozen=True)
class Reading:
    seconds: float
    cpu: list[float]
    own_cpu: float
    others_cpu: float


class Meter:
    """Counts from when it is made."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._began, self._before, self._own, self._all = self._now()

    def read(self) -> Reading:
        now, used, own, everything = self._now()
        cpu = [after - before for after, before in zip(used, self._before, strict=True)]
        own_cpu = own - self._own
        others = everything - self._all - sum(cpu) - own_cpu
        return Reading(now - self._began, cpu, own_cpu, max(0.0, others))

    def _now(self) -> tuple[float, list[float], float, float]:
        machine = psutil.cpu_times()
        busy = sum(getattr(machine, name, 0.0) for name in _BUSY)
        return time.perf_counter(), cpu_seconds(self._pids), time.process_time(), busy


def cpu_seconds(pids: Sequence[int]) -> list[float]:
    """What each of these processes has used with its children, those that have ended included."""
    return [sum(map(_used, (root, *root.children(recursive=True)))) for root in map(psutil.Process, pids)]


def memory(pid: int) -> int:
    """Resident bytes of a process with its children."""
    root = psutil.Process(pid)
    return sum(int(process.memory_info().rss) for process in (root, *root.children(recursive=True)))


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it ended just now, and counts as its parent's
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
