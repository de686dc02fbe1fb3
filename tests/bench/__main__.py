"""`python -m tests.bench`: what a delivered, durably stored message costs, beside others (README.md)."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import quantiles
from typing import Final, NamedTuple

from tests.bench.check import check
from tests.bench.load import MESSAGE_BYTES, Result
from tests.bench.server import KINDS, running


class Figures(NamedTuple):
    name: str
    per_second: float
    cpu: float
    """CPU seconds of the server, its database included, per 1,000 messages."""
    median: float
    """Milliseconds from sending to acknowledged and seen."""
    slowest: float
    """The same, of the slowest hundredth."""


SKETCH: Final = "bare sketch of our path"
BESIDE: Final = {
    20: (
        Figures(SKETCH, 4847, 0.16, 3.7, 7.5),
        Figures("ejabberd 23.01, PostgreSQL 15", 2184, 0.64, 8.5, 20),
        Figures("Prosody 0.12, no fsync", 1503, 0.66, 12.5, 15.5),
        Figures("Redis 7.0 stream, always fsync: no messenger", 4170, 0.105, 2.7, 5.5),
    ),
    200: (
        Figures(SKETCH, 10870, 0.08, 17, 25),
        Figures("ejabberd 23.01, PostgreSQL 15", 1725, 0.87, 108, 260),
        Figures("Prosody 0.12, no fsync", 1325, 0.75, 101, 172),
        Figures("Redis 7.0 stream, always fsync: no messenger", 3538, 0.067, 27, 59),
    ),
}


def figures(result: Result) -> Figures:
    cuts = quantiles(result.times, n=100, method="inclusive")
    return Figures(
        "QuantumChat, everything on",
        result.messages / result.seconds,
        result.cpu_seconds / result.messages * 1000,
        cuts[49] * 1000,
        cuts[98] * 1000,
    )


def measure(pairs: int, arguments: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name:
        with running(Path(name), pairs=pairs, kind=arguments.database) as server:
            result = server.measure(warm_up=arguments.warm_up, seconds=arguments.seconds)
            rows = check(server.database.url, result.acknowledged)
        acknowledged = sum(map(len, result.acknowledged.values()))
        print(f"\nChecked: {acknowledged} messages were acknowledged, {rows} are stored, each once and chained.")
        return result


def show(pairs: int, database: str, result: Result) -> None:
    ours = figures(result)
    others = BESIDE.get(pairs, ())
    print(
        f"{pairs} pairs, {MESSAGE_BYTES} bytes, {database}, {result.messages} messages in {result.seconds:.1f} s, "
        f"{result.memory >> 20} MB; generator {result.own_cpu_seconds / result.messages * 1000:.3f} CPU-s/1000; "
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'':46}{'msg/s':>7}{'CPU-s/1000':>12}{'p50 ms':>8}{'p99 ms':>8}   ours / theirs: msg/s, CPU")
    for each in (ours, *others):
        ratios = "" if each is ours else f"   {ours.per_second / each.per_second:.2f}, {ours.cpu / each.cpu:.2f}"
        print(f"{each.name:46}{each.per_second:7.0f}{each.cpu:12.3f}{each.median:8.1f}{each.slowest:8.1f}{ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Closed loop over real sockets.")
    parser.add_argument("--pairs", type=int, nargs="+", default=[20])
    parser.add_argument("--seconds", type=float, default=10, help="of measuring, after the warm-up (10)")
    parser.add_argument("--warm-up", type=float, default=2)
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    arguments = parser.parse_args()
    for pairs in arguments.pairs:
        show(pairs, arguments.database, measure(pairs, arguments))


main()
