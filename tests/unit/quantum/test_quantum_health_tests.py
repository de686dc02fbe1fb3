"""SP 800-90B: cutoffs, and what each test sees."""

from __future__ import annotations

import random

import pytest

from quantum_service.entropy.health import (
    HealthAlarm,
    examine,
    markov,
    most_common_value,
    proportion_cutoff,
    repetition_cutoff,
)
from quantum_service.entropy.sources import RawBlock

BITS = 65_536


def of_bits(bits: str) -> RawBlock:
    return RawBlock((int(bits, 2).to_bytes(len(bits) // 8, "big"),), backend="test", job_id="")


def biased(ones: float, seed: int = 1) -> RawBlock:
    generator = random.Random(seed)  # noqa: S311 - samples must repeat
    return of_bits("".join("1" if generator.random() < ones else "0" for _ in range(BITS)))


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
    assert most_common_value(bits) > 0.95
    assert markov(bits) < 0.01
    assert alarm(of_bits(bits)) == "markov"


def test_one_bad_stream_condemns_the_block() -> None:
    good, bad = biased(0.5).streams[0], bytes(BITS // 8)
    assert alarm(RawBlock((good, good, bad), backend="test", job_id="")) == "repetition_count"


def test_a_stream_too_short_to_judge_is_refused() -> None:
    assert alarm(of_bits("01" * 100)) == "too_short"
