"""SP 800-90B: cutoffs, and what each test sees."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import groupby, pairwise

import pytest

from quantum_service.entropy.health import (
    HealthAlarm,
    ends_of,
    examine,
    highest_proportion,
    longest_run,
    markov,
    most_common_value,
    proportion_cutoff,
    repetition_cutoff,
)
from quantum_service.entropy.sources import RawBlock
from tests.unit.quantum.scripted_source import biased, framed, of_bits

BITS = 65_536


def alarm(block: RawBlock, min_entropy: float = 0.9) -> str:
    with pytest.raises(HealthAlarm) as caught:
        examine(block, min_entropy)
    return caught.value.test


@pytest.mark.parametrize(
    ("min_entropy", "repetition", "proportion"),
    [(1.0, 31, 609), (0.95, 33, 627), (0.9, 35, 645), (0.8, 39, 683), (0.7, 44, 723), (0.5, 61, 810), (0.3, 101, 904)],
)
def test_cutoffs_of_binary_sources(min_entropy: float, repetition: int, proportion: int) -> None:
    assert repetition_cutoff(min_entropy) == repetition
    assert proportion_cutoff(min_entropy) == proportion


@pytest.mark.parametrize(("min_entropy", "cutoff"), [(1, 325), (2, 190), (4, 71), (6, 31), (7, 22), (8, 16)])
def test_adaptive_proportion_cutoffs_of_the_standards_window(min_entropy: float, cutoff: int) -> None:
    """325 for H = 1 and W = 512 is the value that SP 800-90B section 4.4.2 itself prints."""
    assert proportion_cutoff(min_entropy, window=512) == cutoff


def test_a_fair_source_passes() -> None:
    report = examine(biased(0.5), 0.9)
    assert report.most_common_value > 0.95
    assert report.markov > 0.95


def test_a_stuck_source_is_seen() -> None:
    assert alarm(of_bits("0" * BITS)) == "repetition_count"
    assert alarm(of_bits("1" * BITS)) == "repetition_count"


def test_the_repetition_count_alarms_at_its_cutoff_and_not_before() -> None:
    base = "01" * (BITS // 2)
    cutoff = repetition_cutoff(0.9)
    for run, expected in ((cutoff - 1, "markov"), (cutoff, "repetition_count")):
        with_run = base[:4095] + "1" * run + base  # the neighbours are zeros
        assert alarm(of_bits(with_run[:BITS])) == expected


def test_one_biased_window_among_fair_ones_is_seen() -> None:
    fair = bin(int.from_bytes(biased(0.5).streams[0], "big") | 1 << BITS)[3:]
    window = "1110" * 256  # 768 of 1024, no run of more than three
    assert alarm(of_bits(fair[:8192] + window + fair[8192 + 1024 :])) == "adaptive_proportion"


def test_a_bias_too_small_for_the_continuous_tests_is_seen_by_the_most_common_value() -> None:
    block = biased(0.57)
    assert alarm(block) == "most_common_value"


def test_an_alternating_source_is_seen_by_markov() -> None:
    bits = "01" * (BITS // 2)
    [stream] = of_bits(bits).streams
    assert most_common_value(stream) > 0.95
    assert markov(stream) < 0.01
    assert alarm(of_bits(bits)) == "markov"


def test_one_bad_stream_condemns_the_block() -> None:
    good, bad = biased(0.5).streams[0], bytes(BITS // 8)
    assert alarm(RawBlock((good, good, bad), backend="test", job_id="")) == "repetition_count"


def test_a_stream_too_short_to_judge_is_refused() -> None:
    assert alarm(of_bits("01" * 100)) == "too_short"


def test_a_block_without_streams_is_refused() -> None:
    assert alarm(RawBlock((), backend="test", job_id="")) == "too_short"


def naive_markov(bits: str) -> float:
    """SP 800-90B section 6.3.3, step by step over single bits."""
    ones = bits.count("1") / len(bits)
    start = {"0": 1 - ones, "1": ones}
    pairs = list(pairwise(bits))
    step = {}
    for first in "01":
        after = [second for one, second in pairs if one == first]
        for second in "01":
            step[first + second] = after.count(second) / len(after)
    paths = ["0" * 128, "01" * 64, "0" + "1" * 127, "1" * 128, "10" * 64, "1" + "0" * 127]
    likeliest = max(
        math.log2(start[path[0]]) + sum(math.log2(step[a + b]) for a, b in pairwise(path)) for path in paths
    )
    return min(1.0, -likeliest / 128)


def naive_most_common_value(bits: str) -> float:
    share = max(bits.count("0"), bits.count("1")) / len(bits)
    return -math.log2(min(1.0, share + 2.5758293035489008 * math.sqrt(share * (1 - share) / (len(bits) - 1))))


@pytest.mark.parametrize("ones", [0.5, 0.6, 0.683, 0.9])
def test_the_estimates_are_those_of_the_standards_steps(ones: float) -> None:
    [stream] = biased(ones, bits=16_384).streams
    bits = bin(int.from_bytes(b"\x01" + stream, "big"))[3:]
    assert markov(stream) == pytest.approx(naive_markov(bits), abs=1e-12)
    assert most_common_value(stream) == pytest.approx(naive_most_common_value(bits), abs=1e-12)
    windows = [bits[start : start + 1024] for start in range(0, len(bits), 1024)]
    assert highest_proportion(stream) == max(window.count(window[0]) for window in windows)
    longest = max(len(list(run)) for _, run in groupby(bits))
    assert longest_run(stream, BITS) == longest
    assert longest_run(stream, longest - 1) == longest - 1, "no more is looked for"


def test_runs_at_both_ends_and_across_bytes_are_seen() -> None:
    for value in "01":
        other = "1" if value == "0" else "0"
        for before in (0, 5, 100, 995):
            around = (other + value) * 512
            bits = around[:before][::-1] + value * 29 + around[: 1024 - 29 - before]
            [stream] = of_bits(bits).streams
            assert longest_run(stream, 1024) == 29


@pytest.mark.parametrize("value", ["0", "1"])
def test_the_repetition_count_goes_on_across_blocks(value: str) -> None:
    """SP 800-90B section 4.4.1 is a continuous test: its count does not begin anew with a block."""
    cutoff = repetition_cutoff(0.9)
    before = ends_of(framed(value, ends=20))
    assert examine(framed(value, begins=cutoff - 21), 0.9, before).longest_run == cutoff - 1
    bad = framed(value, begins=cutoff - 20)
    with pytest.raises(HealthAlarm, match="repetition_count"):
        examine(bad, 0.9, before)
    assert examine(bad, 0.9).longest_run < cutoff, "by itself nothing is wrong with it"
    assert examine(replace(bad, backend="another device"), 0.9, before).longest_run < cutoff
    other_value = framed("1" if value == "0" else "0", begins=cutoff - 20)
    assert examine(other_value, 0.9, before).longest_run < cutoff


def test_known_values_of_the_estimates() -> None:
    """Worked out by hand: all ones, and three ones to each zero in a fixed order."""
    [ones] = of_bits("1" * 8192).streams
    assert most_common_value(ones) == 0
    assert markov(ones) == 0
    [three] = of_bits("1110" * 2048).streams
    # p = 0.75, its 99 % bound 0.75 + 2.5758 · sqrt(0.1875 / 8191) = 0.76232
    assert most_common_value(three) == pytest.approx(-math.log2(0.76232), abs=1e-4)
    # The likeliest path: all ones, 0.75 · (2/3)^127, for 0 is always followed by 1 and 1 by 1 twice in three times.
    assert markov(three) == pytest.approx(-(math.log2(0.75) + 127 * math.log2(2 / 3)) / 128, abs=1e-3)
