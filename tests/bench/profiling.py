"""Where a running service's CPU goes: sampled from outside by py-spy, nothing of which runs in the service.

What each thread used is exact, as the system counts it; samples only share it out over functions. C code counts as
its caller in Python.

    python   every thread that runs; one that is ready and waits for a core counts too, so not for a busy machine
    native   the same, and C functions have lines of their own
    gil      only who holds the interpreter's lock: right on a busy machine too, without what C does outside the lock
             (SQLite's commit), and by samples alone
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

KINDS: Final = ("python", "native", "gil")
FOLDED: Final = Path(tempfile.gettempdir()) / "quantumchat-profile.txt"
"""The stacks as flame graphs are made of them; of the last profile."""
_RATE: Final = 250
_FUNCTIONS: Final = 25
_PACKAGES: Final = 12
_THREADS: Final = {"MainThread": "event loop", "log-writer_0": "log writer's thread"}
_HEAD: Final = re.compile(r"thread \((?P<id>\d+)\): (?P<name>.*)")
_FRAME: Final = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)")


@dataclass
class _Thread:
    """Samples of one thread, or of several under one name."""

    cpu: float = 0.0
    total: int = 0
    alone: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)
    packages: Counter[str] = field(default_factory=Counter)

    def take(self, frames: list[str], samples: int) -> None:
        function, package = _named(frames[-1])
        self.total += samples
        self.alone[function] += samples
        self.packages[package] += samples
        for each in {_named(frame)[0] for frame in frames}:
            self.within[each] += samples


@dataclass(frozen=True)
class Profile:
    folded: str
    cpu: dict[int, float]
    """CPU seconds by thread; empty to share out by samples."""

    def report(self, microseconds: float) -> Iterator[str]:
        """Markdown; `microseconds` is what one message costs the process."""
        threads = self._threads()
        every = sum(thread.cpu for thread in threads.values())
        for name, thread in sorted(threads.items(), key=lambda item: -item[1].cpu):
            per_sample = microseconds * thread.cpu / every / thread.total
            yield f"**{name}**: {thread.cpu / every:.0%} of the CPU, {thread.total * per_sample:.0f} µs per message\n"
            packages = (f"{name} {count * per_sample:.0f}" for name, count in thread.packages.most_common(_PACKAGES))
            yield f"Itself, by package: {' · '.join(packages)}\n"
            yield "| µs per message: itself | with what it calls | function |\n|---|---|---|"
            for function, samples in thread.alone.most_common(_FUNCTIONS):
                yield f"| {samples * per_sample:.1f} | {thread.within[function] * per_sample:.1f} | `{function}` |"
            yield ""

    def _threads(self) -> dict[str, _Thread]:
        found: dict[str, _Thread] = {}
        seen: set[int] = set()
        for line in self.folded.splitlines():
            stack, _, count = line.rpartition(" ")
            head, *frames = stack.split(";")
            match = _HEAD.fullmatch(head)
            if match is None or not frames:
                continue
            thread, number = found.setdefault(_THREADS.get(match["name"], "other threads"), _Thread()), int(match["id"])
            if self.cpu and number not in seen:
                thread.cpu += self.cpu.get(number, 0.0)
            elif not self.cpu:
                thread.cpu += int(count)
            seen.add(number)
            thread.take(frames, int(count))
        return found


def record(pid: int, seconds: float, kind: str) -> Profile:
    """Watch process `pid` for so long."""
    # py-spy cannot read stacks of C while the process runs on, so only that kind stops it for each sample.
    more = {"python": ["--nonblocking"], "native": ["--native"], "gil": ["--nonblocking", "--gil"]}[kind]
    beside_python = Path(sys.executable).with_name("py-spy")
    command = [str(beside_python) if beside_python.exists() else "py-spy", "record"]
    command += ["--threads", "--function", *more, "--format", "raw"]
    command += ["--pid", str(pid), "--duration", str(max(1, round(seconds))), "--rate", str(_RATE)]
    before = _cpu_by_thread(pid)
    run = subprocess.run([*command, "--output", str(FOLDED)], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"py-spy could not look into the process; it may need root:\n{run.stderr}")
    cpu = {thread: used - before.get(thread, 0.0) for thread, used in _cpu_by_thread(pid).items()}
    return Profile(FOLDED.read_text(), {} if kind == "gil" else cpu)


def _cpu_by_thread(pid: int) -> dict[int, float]:
    return {thread.id: thread.user_time + thread.system_time for thread in psutil.Process(pid).threads()}


def _named(frame: str) -> tuple[str, str]:
    """Function with file, and the package or library it belongs to."""
    match = _FRAME.fullmatch(frame)
    if match is None:
        return frame, "?"
    folder, slash, _ = match["file"].partition("/")
    return f"{match['function']} ({match['file']})", folder if slash else folder.removesuffix(".py")
