"""Health tests of raw binary samples: SP 800-90B section 4.4, and two estimators of section 6.3.

Promises: a stuck, biased or strongly correlated source raises `HealthAlarm`; on a healthy one each of the two
continuous tests errs with probability 2^-30 per position. Does not: measure entropy. A deterministic generator
passes every test here, which is why a simulator is credited nothing.

Per stream: repetition count (4.4.1) and adaptive proportion (4.4.2, window 1024) with cutoffs from the expected
min-entropy H; over the block: most common value (6.3.1) and Markov (6.3.3), since the first two miss a bias of
5 % and a strictly alternating stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from quantum_service.entropy.sources import RawBlock

WINDOW: Final = 1024
ERROR_EXPONENT: Final = 30
MIN_STREAM_BITS: Final = 8192  # below it the estimators' own confidence bound hides a healthy source
MIN_ESTIMATE: Final = 0.85
_Z_99: Final = 2.5758293035489008


class HealthAlarm(Exception):
    """A test failed; `test` names it."""

    def __init__(self, test: str) -> None:
        super().__init__(test)
        self.test = test


@dataclass(frozen=True)
class HealthReport:
    """What a healthy block showed: the lowest estimate over its streams, in bits per bit."""

    repetition_cutoff: int
    proportion_cutoff: int
    most_common_value: float
    markov: float


@cache
def repetition_cutoff(min_entropy: float) -> int:
    """C = 1 + ceil(30 / H)."""
    return 1 + math.ceil(ERROR_EXPONENT / min_entropy)


@cache
def proportion_cutoff(min_entropy: float, window: int = WINDOW) -> int:
    """C = 1 + critbinom(W, 2^-H, 1 - 2^-30): the smallest k with P(X > k) ≤ 2^-30, plus one."""
    p = 2.0**-min_entropy
    tail = 0.0
    for k in range(window, 0, -1):
        log_choose = math.lgamma(window + 1) - math.lgamma(k + 1) - math.lgamma(window - k + 1)
        tail += math.exp(log_choose + k * math.log(p) + (window - k) * math.log1p(-p))
        if tail > 2.0**-ERROR_EXPONENT:
            return 1 + k
    return 1


def examine(block: RawBlock, min_entropy: float) -> HealthReport:
    """Run all tests on each stream of the block; `HealthAlarm` at the first that fails."""
    repetition, proportion = repetition_cutoff(min_entropy), proportion_cutoff(min_entropy)
    lowest_value, lowest_markov = 1.0, 1.0
    for stream in block.streams:
        bits = bin(int.from_bytes(b"\x01" + stream, "big"))[3:]
        if len(bits) < MIN_STREAM_BITS:
            raise HealthAlarm("too_short")
        if "0" * repetition in bits or "1" * repetition in bits:
            raise HealthAlarm("repetition_count")
        if any(count >= proportion for count in _window_counts(bits)):
            raise HealthAlarm("adaptive_proportion")
        lowest_value = min(lowest_value, most_common_value(bits))
        lowest_markov = min(lowest_markov, markov(bits))
    if lowest_value < MIN_ESTIMATE:
        raise HealthAlarm("most_common_value")
    if lowest_markov < MIN_ESTIMATE:
        raise HealthAlarm("markov")
    return HealthReport(repetition, proportion, round(lowest_value, 3), round(lowest_markov, 3))


def _window_counts(bits: str) -> Iterator[int]:
    """How often the first bit of each whole window occurs in it."""
    for start in range(0, len(bits) - WINDOW + 1, WINDOW):
        yield bits.count(bits[start], start, start + WINDOW)


def most_common_value(bits: str) -> float:
    """Section 6.3.1: min-entropy per bit from the upper 99 % bound of the more frequent value's share."""
    share = max(bits.count("0"), bits.count("1")) / len(bits)
    upper = min(1.0, share + _Z_99 * math.sqrt(share * (1 - share) / (len(bits) - 1)))
    return -math.log2(upper)


def markov(bits: str) -> float:
    """Section 6.3.3: min-entropy per bit of the likeliest path of 128 steps."""
    changes = {pair: _occurrences(bits, pair) for pair in ("00", "01", "10", "11")}
    start = {"0": bits.count("0") / len(bits), "1": bits.count("1") / len(bits)}
    step = {
        pair: count / total if (total := changes[pair[0] + "0"] + changes[pair[0] + "1"]) else 0.0
        for pair, count in changes.items()
    }
    paths = [
        (start["0"], {"00": 127}),
        (start["0"], {"01": 64, "10": 63}),
        (start["0"], {"01": 1, "11": 126}),
        (start["1"], {"11": 127}),
        (start["1"], {"10": 64, "01": 63}),
        (start["1"], {"10": 1, "00": 126}),
    ]
    likeliest = max(_log2(first) + sum(n * _log2(step[pair]) for pair, n in path.items()) for first, path in paths)
    return min(1.0, -likeliest / 128)


def _occurrences(bits: str, pair: str) -> int:
    """How often two neighbouring bits are `pair`, overlaps included."""
    if pair[0] != pair[1]:
        return bits.count(pair)  # such pairs cannot overlap
    runs = bits.split("1" if pair[0] == "0" else "0")
    return sum(len(run) - 1 for run in runs if run)


def _log2(probability: float) -> float:
    return math.log2(probability) if probability > 0 else -math.inf
