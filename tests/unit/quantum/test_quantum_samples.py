"""Raw bits that are shown: set aside from each block, and never a part of anything that is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantum_service.entropy import conditioner
from quantum_service.entropy.health import HealthAlarm
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.samples import SHOWN_BYTES, set_aside
from quantum_service.entropy.sources import RawBlock
from tests.unit.quantum.scripted_source import ScriptedSource, block, framed, of_bits

KEY = bytes(64)


def inverted(stream: bytes, until: int) -> bytes:
    return bytes(byte ^ 0xFF for byte in stream[:until]) + stream[until:]


@pytest.mark.parametrize(("streams", "length"), [(1, 4096), (16, 4096), (127, 2500), (5, 1024)])
def test_what_is_shown_and_what_is_used_are_the_block_and_share_nothing(streams: int, length: int) -> None:
    whole = RawBlock(block(streams, length).streams, "device", "job", dropped=(3,))
    shown, rest = set_aside(whole)
    assert [one + other for one, other in zip(shown.streams, rest.streams, strict=True)] == list(whole.streams)
    assert len({len(stream) for stream in shown.streams}) == 1
    assert 0 < sum(map(len, shown.streams)) <= SHOWN_BYTES
    assert (rest.backend, rest.job_id, rest.dropped) == (whole.backend, whole.job_id, whole.dropped)


def test_no_seed_depends_on_a_bit_that_is_shown() -> None:
    """With every shown bit turned over, every seed stays the same; a bit beside them changes one."""

    def seeds(fresh: RawBlock) -> list[bytes]:
        pool = EntropyPool([ScriptedSource()])
        pool._conditioning_key = KEY
        pool.take_in(pool.stocks[0], fresh)
        return [seed for seed, _ in pool.stocks[0]._seeds]

    fresh = block(streams=4, length=4096)
    shown, _ = set_aside(fresh)
    each = len(shown.streams[0])
    made = seeds(fresh)
    assert len(made) == 4 * 4096 // conditioner.RAW_BYTES_PER_SEED - 1, "and one went into the generator"
    assert seeds(replace(fresh, streams=tuple(inverted(stream, each) for stream in fresh.streams))) == made
    first_used = tuple(inverted(stream, each + 1) for stream in fresh.streams)
    assert seeds(replace(fresh, streams=first_used)) != made


def test_the_newest_block_is_shown_and_which_test_it_failed() -> None:
    pool = EntropyPool([ScriptedSource(), ScriptedSource(name="silent")])
    assert pool.samples().items == []
    good = block(streams=2, length=2048, job_id="good")
    pool.take_in(pool.stocks[0], good)
    [sample] = pool.samples().items
    assert (sample.source, sample.job_id, sample.alarm, sample.emitters) == ("scripted", "good", None, 2)
    assert sample.bits == b"".join(stream[: len(sample.bits) // 2] for stream in good.streams)
    with pytest.raises(HealthAlarm):
        pool.take_in(pool.stocks[0], of_bits("1" * 16_384))
    [sample] = pool.samples().items
    assert (sample.alarm, set(sample.bits)) == ("repetition_count", {0xFF})


def test_the_repetition_count_goes_on_from_block_to_block_and_begins_anew_after_an_alarm() -> None:
    pool = EntropyPool([ScriptedSource()])

    def take_in(fresh: RawBlock) -> None:
        pool.take_in(pool.stocks[0], fresh)

    take_in(framed("1", ends=20))
    with pytest.raises(HealthAlarm, match="repetition_count"):
        take_in(framed("1", begins=20))
    take_in(framed("1", begins=20, ends=20))
    with pytest.raises(HealthAlarm, match="repetition_count"):
        take_in(framed("1", begins=20))
