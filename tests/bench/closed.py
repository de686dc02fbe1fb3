"""Closed loop: what one delivered, durably stored message costs at full speed, beside others."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.bench import profiling
from tests.bench.check import check
from tests.bench.load import Result
from tests.bench.options import Options
from tests.bench.peers import PEERS
from tests.bench.report import milliseconds, progress, ratio, table
from tests.bench.server import running

NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Cost(NamedTuple):
    per_second: float
    cpu: float
    """CPU seconds of the server with its database for 1,000 messages."""


def closed(options: Options) -> Iterator[str]:
    head = ["", "pairs", "msg/s", "CPU-s per 1,000", "p50 / p99 ms"]
    head += [f"{NAMES[kind]} ÷ this: msg/s, CPU" for kind in options.databases]
    rows: list[list[str]] = []
    others = 0.0
    profiles: list[str] = []
    for pairs in options.pairs:
        results = {}
        for kind in options.databases:
            watch = _Watch(options) if options.profile else None
            results[kind] = measure(options, kind, pairs, watch=watch)
            others = max(others, results[kind].others_cpu / results[kind].seconds)
            if watch is not None:
                profiles += [f"#### {NAMES[kind]}, {pairs} pairs\n", *watch.report(results[kind])]
        rows += [_own_row(kind, pairs, result, options) for kind, result in results.items()]
        costs = [cost(result) for result in results.values()]
        rows += [_peer_row(peer, costs) for peer in PEERS["closed"] if peer["pairs"] == pairs]
    yield table(head, rows)
    yield (
        f"Figures of others: {PEERS['measured']}, {PEERS['machine']}. While ours were measured, "
        f"everything else on the machine used up to {others:.2f} cores.\n"
    )
    yield from profiles


class _Watch:
    """Profiles the service while it is measured."""

    def __init__(self, options: Options) -> None:
        self._seconds, self._kind = options.seconds, options.profile or ""

    def __call__(self, pid: int) -> None:
        self._profile = profiling.record(pid, self._seconds, self._kind)

    def report(self, result: Result) -> Iterator[str]:
        yield from self._profile.report(result.cpu[0] / result.messages * 1e6)
        yield f"The stacks, for a flame graph: `{profiling.FOLDED}`\n"


def measure(
    options: Options, kind: str, pairs: int, *, rate: float | None = None, watch: Callable[[int], None] | None = None
) -> Result:
    """Load a fresh server, and look whether everything that it acknowledged is stored once, in a correct chain."""
    seconds = options.seconds if rate is None else options.open_seconds
    progress(f"{pairs} pairs on {NAMES[kind]}{f', {rate:.0f} messages per second' if rate else ''}")
    with (
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name,
        running(Path(name), pairs=pairs, kind=kind) as server,
    ):
        result = server.measure(warm_up=options.warm_up, seconds=seconds, rate=rate, meanwhile=watch)
        rows = check(server.database.url, result.acknowledged)
    speed, cpu = cost(result)
    progress(f"  {speed:,.0f} msg/s, {cpu:.3f} CPU-s per 1,000; {rows} rows are as they were acknowledged")
    return result


def cost(result: Result) -> Cost:
    return Cost(result.messages / result.seconds, sum(result.cpu) / result.messages * 1000)


def cpu_text(result: Result) -> str:
    total = f"**{cost(result).cpu:.2f}**"
    database = sum(result.cpu[1:]) / result.messages * 1000
    return f"{total} (database {database:.2f})" if len(result.cpu) > 1 else total


def _own_row(kind: str, pairs: int, result: Result, options: Options) -> list[str]:
    speed = f"**{cost(result).per_second:,.0f}**"
    own = [f"**QuantumChat on {NAMES[kind]}**", str(pairs), speed, cpu_text(result), milliseconds(result.times, 50, 99)]
    return own + [""] * len(options.databases)


def _peer_row(peer: dict[str, Any], ours: list[Cost]) -> list[str]:
    speed, cpu = peer.get("per_second"), peer.get("cpu")
    times = f"{peer['p50']} / {peer['p99']}" if "p50" in peer else ""
    ratios = [f"{ratio(each.per_second, speed)}, {ratio(each.cpu, cpu)}" for each in ours]
    return [peer["name"], str(peer["pairs"]), f"{speed:,}" if speed else "", f"{cpu:g}", times, *ratios]
