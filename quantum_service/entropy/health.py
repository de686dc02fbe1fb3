"""Health tests of raw binary samples: SP 800-90B section 4.4, and two estimators of section 6.3.

Promises: a stuck, biased or strongly correlated source raises `HealthAlarm`; on a healthy one each of the two
continuous tests errs with probability 2^-30 per position. Does not: measure entropy. A deterministic generator
passes every test here, which is why a simulator is credited nothing.

Per stream: repetition count (4.4.1), which goes on from block to block of one device, and adaptive proportion (4.4.2,
window 1024) with cutoffs from the expected min-entropy H; over the block: most common value (6.3.1) and Markov (6.3.3),
since the first two miss a bias of 5 % and a strictly alternating stream. A stream's first bit is the highest of its
first byte; it is worked on as one long number, which holds the interpreter for microseconds where a loop over bits
would hold up every caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from quantum_service.entropy.sources import RawBlock

WINDOW: Final = 1024
ERROR_EXPONENT: Final = 30
MIN_STREAM_BITS: Final = 8192  # below it the estimators' own confidence bound hides a healthy source
MIN_ESTIMATE: Final = 0.85
_Z_99: Final = 2.5758293035489008
_WINDOW_BYTES: Final = WINDOW // 8


class HealthAlarm(Exception):
    """A test failed; `test` names it."""

    def __init__(self, test: str) -> None:
        super().__init__(test)
        self.test = test


class Run(NamedTuple):
    """So many equal bits."""

    bit: int
    length: int


NO_RUN: Final = Run(0, 0)


@dataclass(frozen=True)
class HealthReport:
    """What a healthy block showed: the worst statistic, and the lowest estimate in bits per bit, over its streams."""

    longest_run: int
    repetition_cutoff: int
    highest_proportion: int
    proportion_cutoff: int
    most_common_value: float
    markov: float
    estimate_cutoff: float = MIN_ESTIMATE


@dataclass(frozen=True)
class Ends:
    """The runs that the streams of a block end with, and of which emitters they are: the next block goes on there."""

    emitters: tuple[object, ...]
    runs: tuple[Run, ...]

    def before(self, block: RawBlock) -> tuple[Run, ...]:
        """What each stream of the next block goes on from; nothing when it is of other emitters."""
        return self.runs if self.emitters == _emitters(block) else _no_runs(block)


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


def examine(block: RawBlock, min_entropy: float, before: Ends | None = None) -> HealthReport:
    """Run all tests on each stream of the block, after one that ended so; `HealthAlarm` at the first that fails."""
    repetition, proportion = repetition_cutoff(min_entropy), proportion_cutoff(min_entropy)
    longest, highest = 0, 0
    if not block.streams:
        raise HealthAlarm("too_short")
    for stream, earlier in zip(block.streams, before.before(block) if before else _no_runs(block), strict=True):
        if len(stream) * 8 < MIN_STREAM_BITS:
            raise HealthAlarm("too_short")
        longest = max(longest, longest_run(stream, repetition, earlier))
        if longest >= repetition:
            raise HealthAlarm("repetition_count")
        highest = max(highest, highest_proportion(stream))
        if highest >= proportion:
            raise HealthAlarm("adaptive_proportion")
    lowest_value, lowest_markov = min(map(most_common_value, block.streams)), min(map(markov, block.streams))
    if lowest_value < MIN_ESTIMATE:
        raise HealthAlarm("most_common_value")
    if lowest_markov < MIN_ESTIMATE:
        raise HealthAlarm("markov")
    return HealthReport(longest, repetition, highest, proportion, round(lowest_value, 3), round(lowest_markov, 3))


def ends_of(block: RawBlock) -> Ends:
    """Of a block that passed: there a run never fills a stream."""
    return Ends(_emitters(block), tuple(map(_last_run, block.streams)))


def _emitters(block: RawBlock) -> tuple[object, ...]:
    return (block.backend, len(block.streams), block.dropped)


def _no_runs(block: RawBlock) -> tuple[Run, ...]:
    return (NO_RUN,) * len(block.streams)


def longest_run(stream: bytes, most: int, earlier: Run = NO_RUN) -> int:
    """How many equal bits stand in a row, at most `most`; the first of them may go on from `earlier` ones."""
    ones = int.from_bytes(stream, "big")
    zeros = ones ^ ((1 << len(stream) * 8) - 1)
    first = (zeros if earlier.bit else ones).bit_length()  # what is below the first bit that differs from `earlier`
    across = len(stream) * 8 - first + earlier.length
    return min(most, max(_longest(ones, most), _longest(zeros, most), across))


def _longest(number: int, most: int) -> int:
    """Each round takes one bit off the end of every run of ones."""
    length = 0
    while number and length < most:
        number &= number >> 1
        length += 1
    return length


def _last_run(stream: bytes) -> Run:
    number = int.from_bytes(stream, "big")
    bit = number & 1
    changes = number ^ (number >> 1)  # its lowest bit is where the last run began
    return Run(bit, (changes & -changes).bit_length())


def highest_proportion(stream: bytes) -> int:
    """How often, at most, the first bit of a whole window occurs in it."""
    highest = 0
    for start in range(0, len(stream) - _WINDOW_BYTES + 1, _WINDOW_BYTES):
        window = stream[start : start + _WINDOW_BYTES]
        ones = int.from_bytes(window, "big").bit_count()
        highest = max(highest, ones if window[0] & 0x80 else WINDOW - ones)
    return highest


def most_common_value(stream: bytes) -> float:
    """Section 6.3.1: min-entropy per bit from the upper 99 % bound of the more frequent value's share."""
    length = len(stream) * 8
    ones = int.from_bytes(stream, "big").bit_count()
    share = max(ones, length - ones) / length
    upper = min(1.0, share + _Z_99 * math.sqrt(share * (1 - share) / (length - 1)))
    return -math.log2(upper)


def markov(stream: bytes) -> float:
    """Section 6.3.3: min-entropy per bit of the likeliest path of 128 steps."""
    length = len(stream) * 8
    start_of_one = int.from_bytes(stream, "big").bit_count() / length
    start = {"0": 1 - start_of_one, "1": start_of_one}
    changes = _changes(stream)
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


def _changes(stream: bytes) -> dict[str, int]:
    """How often each pair of neighbouring bits occurs, overlaps included."""
    pairs = len(stream) * 8 - 1
    number = int.from_bytes(stream, "big")
    first, second = number >> 1, number & ((1 << pairs) - 1)
    both = (first & second).bit_count()
    one_zero, zero_one = first.bit_count() - both, second.bit_count() - both
    return {"00": pairs - both - one_zero - zero_one, "01": zero_one, "10": one_zero, "11": both}


def _log2(probability: float) -> float:
    return math.log2(probability) if probability > 0 else -math.inf
