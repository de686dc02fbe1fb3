"""What the parts print: Markdown that stands in documentation as it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from statistics import quantiles
from typing import Final

_BEGAN: Final = time.monotonic()


def progress(what: str) -> None:
    """Say on standard error what goes on now, so that standard output holds the tables alone."""
    print(f"[{time.monotonic() - _BEGAN:4.0f} s] {what}", file=sys.stderr, flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def percentile(times: Sequence[float], percent: int) -> float:
    return max(times) if percent == 100 else quantiles(times, n=100, method="inclusive")[percent - 1]


def milliseconds(times: Sequence[float], *percents: int) -> str:
    """Percentiles of seconds: `1.9 / 12`."""
    return " / ".join(short(percentile(times, percent) * 1000) for percent in percents)


def short(value: float) -> str:
    """Two or three digits that mean something."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"


def ratio(ours: float, theirs: float | None) -> str:
    return "-" if theirs is None else f"{ours / theirs:.2f}"
