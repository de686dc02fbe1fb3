"""Quantum sources beside classical ones: raw bits per second by width and shots, and what a 256-bit key costs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from quantum_service.entropy.drbg import HmacDrbg
from quantum_service.entropy.health import examine
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources.aer import AerSource
from quantum_service.entropy.sources.os import OsSource
from shared.settings import PROJECT_ROOT
from tests.bench.options import Options
from tests.bench.report import milliseconds, progress, short, table

SHAPES: Final = ((1, 100_000), (8, 100_000), (16, 32_768), (16, 100_000), (20, 20_000))
"""Qubits and shots; the third is what the service runs."""
KEY_BYTES: Final = 32
CALLERS: Final = 8
_MEBIBYTE: Final = 1 << 20
_PIECE: Final = 65_536


def entropy(options: Options) -> Iterator[str]:
    yield from _raw_bits(options)
    yield from _keys(options)


def _raw_bits(options: Options) -> Iterator[str]:
    rows = [_circuit(qubits, shots // (20 if options.quick else 1)) for qubits, shots in SHAPES]
    rows.append(_classical("os.urandom", "-", os.urandom))
    drbg = HmacDrbg(os.urandom(64))
    rows.append(_classical("HMAC_DRBG-SHA-512, in Python", "-", drbg.generate))
    yield table(["raw bits from", "credited", "Mbit/s", "CPU-s per Mbit"], rows)
    yield "Circuits are of depth 1, a Hadamard and a measurement per qubit; imports and the process do not count.\n"


def _circuit(qubits: int, shots: int) -> list[str]:
    progress(f"Aer: {qubits} qubits, {shots:,} shots")
    command = [sys.executable, "-m", "tests.bench.sampling", str(qubits), str(shots)]
    run = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=True)
    took: dict[str, float] = json.loads(run.stdout)
    megabits = took["bits"] / 1e6
    return [f"Aer, {qubits} × {shots:,}", "0", short(megabits / took["seconds"]), short(took["cpu"] / megabits)]


def _classical(name: str, credited: str, make: Callable[[int], bytes]) -> list[str]:
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(_MEBIBYTE // _PIECE):
        make(_PIECE)
    megabits = _MEBIBYTE * 8 / 1e6
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return [name, credited, short(megabits / seconds), f"{used / megabits:.4f}"]


def _keys(options: Options) -> Iterator[str]:
    draws = 200 if options.quick else 5000
    progress("256-bit keys: cold")
    cold = [_cold() for _ in range(2 if options.quick else 5)]
    progress("256-bit keys: from the pool")
    pool = EntropyPool([OsSource()])
    alone = [_timed(lambda: pool.random(KEY_BYTES)) for _ in range(draws)]
    refilling = while_refilling(pool, draws)
    plain = [_timed(lambda: os.urandom(KEY_BYTES)) for _ in range(draws)]
    rows = [
        ["cold: circuit, health tests, conditioning, draw", milliseconds(cold, 50, 99)],
        ["from the pool, one caller", milliseconds(alone, 50, 99)],
        [f"from the pool, {CALLERS} threads, while blocks are tested and taken in", milliseconds(refilling, 50, 99)],
        ["target, while it refills", "- / 5"],
        ["os.urandom", milliseconds(plain, 50, 99)],
    ]
    yield table(["a key of 256 bits", "p50 / p99 ms"], rows)


def _cold() -> float:
    """From nothing to a key with a part of the simulator in it: what no request ever waits for."""
    source = AerSource()
    began = time.perf_counter()
    pool = EntropyPool([source])
    pool.take_in(pool.stocks[0], asyncio.run(source.sample()))
    pool.random(KEY_BYTES)
    return time.perf_counter() - began


def while_refilling(pool: EntropyPool, draws: int) -> list[float]:
    """Callers come at their own pace, a millisecond after they were answered, as requests do."""
    done = threading.Event()
    times: list[float] = []
    block = asyncio.run(OsSource().sample())

    def refill() -> None:
        while not done.is_set():
            pool.take_in(pool.stocks[0], block)

    def draw() -> None:
        for _ in range(draws // CALLERS):
            times.append(_timed(lambda: pool.random(KEY_BYTES)))
            time.sleep(0.001)

    examine(block, pool.stocks[0].source.expected_min_entropy)  # its cutoffs are computed once
    refiller = threading.Thread(target=refill)
    callers = [threading.Thread(target=draw) for _ in range(CALLERS)]
    for thread in (refiller, *callers):
        thread.start()
    for thread in callers:
        thread.join()
    done.set()
    refiller.join()
    return times


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
