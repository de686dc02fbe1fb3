"""BB84 as it is simulated: error rate, Cascade's efficiency, final bits, and what a second gives."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Final

from quantum_service.qkd.bb84 import Parameters, Run
from quantum_service.qkd.seeds import Seeds
from quantum_service.qkd.summary import summary
from tests.bench.options import Options
from tests.bench.report import progress, short, table

SEEDS: Final = Seeds.of(hashlib.shake_256(b"bench").digest(Seeds.BYTES))
RUNS: Final = (
    Parameters(10_000, noise=0.01),
    Parameters(100_000),
    Parameters(100_000, noise=0.01),
    Parameters(100_000, noise=0.03),
    Parameters(100_000, noise=0.05),
    Parameters(1_000_000, noise=0.01),
    Parameters(1_000_000, noise=0.03),
    Parameters(100_000, eavesdropper=1.0),
    Parameters(100_000, eavesdropper=0.2),
    Parameters(1_000_000, eavesdropper=0.3),
)


def bb84(options: Options) -> Iterator[str]:
    Run(Parameters(10_000), SEEDS).go()  # what is loaded at the first run
    rows = [_row(each) for each in RUNS if each.pulses <= (10_000 if options.quick else 1_000_000)]
    head = ["photons", "noise", "Eve", "QBER", "Cascade f", "final bits", "photons/s", "kbit/s"]
    yield table(head, rows)
    yield "One process plays both sides; the same seeds each time, so that only the times differ.\n"


def _row(parameters: Parameters) -> list[str]:
    progress(f"BB84: {parameters}")
    run = Run(parameters, SEEDS)
    began, measured = time.perf_counter(), 0.0

    def note(stage: str) -> None:
        nonlocal measured
        if stage == "measured":
            measured = time.perf_counter() - began

    run.go(note)
    seconds, told = time.perf_counter() - began, summary(run)
    assert told.error_rate is not None
    return [
        f"{parameters.pulses:,}",
        f"{parameters.noise:.0%}",
        f"{parameters.eavesdropper:.0%}",
        f"{told.error_rate.rate:.4f}",
        "-" if told.efficiency is None else f"{told.efficiency:.2f}",
        f"{told.final_bits:,}" if told.abort is None else told.abort,
        short(parameters.pulses / measured),
        short(told.final_bits / seconds / 1000),
    ]
