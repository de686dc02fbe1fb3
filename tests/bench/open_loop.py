"""Open loop: how long people wait when messages come at their own pace, whatever the server does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.bench.closed import NAMES, cpu_text, measure
from tests.bench.options import Options
from tests.bench.report import milliseconds, table

RATE: Final = 200.0
PAIRS: Final = 20


def open_loop(options: Options) -> Iterator[str]:
    rows = []
    for kind in options.databases:
        result = measure(options, kind, PAIRS, rate=RATE)
        rows.append(
            [
                NAMES[kind],
                f"{result.messages:,}",
                milliseconds(result.ack_times, 50, 99, 100),
                milliseconds(result.times, 50, 99, 100),
                cpu_text(result),
            ]
        )
    rows.append(["target", "", "15 / 50", "", ""])
    waiting = "p50 / p99 / slowest ms"
    yield table(["", "messages", f"to acknowledged: {waiting}", f"to seen: {waiting}", "CPU-s per 1,000"], rows)
    yield (
        f"{RATE:.0f} messages per second at random moments, of {PAIRS} pairs. "
        "Times count from when a message was due, also when it could not be sent then.\n"
    )
