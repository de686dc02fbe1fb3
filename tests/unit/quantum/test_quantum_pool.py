"""The entropy pool: never weaker than the OS, never waiting, honest about itself."""

from __future__ import annotations

import os
import signal
import threading
import warnings

import pytest

from quantum_service.entropy import pool as pool_module
from quantum_service.entropy.health import HealthAlarm, HealthReport
from quantum_service.entropy.pool import EntropyPool, HardwareMissing
from quantum_service.entropy.sources import RawBlock
from tests.unit.quantum.scripted_source import ScriptedSource, block


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> EntropyPool:
    return EntropyPool([ScriptedSource()], clock=clock)


def take_in(pool: EntropyPool, fresh: RawBlock) -> None:
    pool.take_in(pool.stocks[0], fresh)


def filled(pool: EntropyPool) -> int:
    return sum(source.filled_bits for source in pool.state().sources)


def health(pool: EntropyPool) -> str:
    return pool.stocks[0].health


def degraded(pool: EntropyPool) -> bool:
    return pool.degraded


def test_an_empty_pool_serves_from_the_os_and_says_so(pool: EntropyPool) -> None:
    draw = pool.draw(48)
    assert len(draw.data) == 48
    assert draw.receipt.sources == ["os"]
    assert not draw.receipt.quantum_contributed
    assert draw.receipt.credited_bits == 0
    assert pool.state().mode == "os-only"


def test_a_block_mixes_in_and_the_receipt_names_it(pool: EntropyPool) -> None:
    take_in(pool, block(job_id="job-7"))
    receipt = pool.draw(32).receipt
    assert receipt.sources == ["os", "scripted"]
    [part] = receipt.parts
    assert (part.job_id, part.backend) == ("job-7", "test")
    assert receipt.quantum_contributed
    assert receipt.simulated
    assert receipt.credited_bits == 0, "a simulator is credited nothing"
    assert part.figures.repetition_cutoff == 35
    assert part.figures.markov > 0.85
    assert not receipt.absent
    assert pool.state().mode == "quantum-mixed"


def test_the_output_is_never_weaker_than_the_os(pool: EntropyPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the generator's output known to an attacker, what is left is exactly `os.urandom`."""
    secret = bytes(range(100, 132))

    class Broken:
        def generate(self, length: int, additional: bytes) -> bytes:
            monkeypatch.setattr(os, "urandom", lambda n: secret[:n])
            return bytes(length)

    pool._drbg = Broken()  # type: ignore[assignment]
    assert pool.draw(32).data == secret


def test_with_a_broken_os_the_seeds_still_count(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda n: bytes(n))
    outputs = set()
    for fill in (b"\x5a", b"\xa5", None):
        pool = EntropyPool([ScriptedSource()], clock=clock)
        if fill is not None:
            pool.stocks[0].accept(block(), HealthReport(20, 35, 600, 645, 1.0, 1.0), [fill * 64])
            pool._reseed()
        outputs.add(pool.draw(32).data)
    assert len(outputs) == 3


def test_reseeds_after_a_minute(pool: EntropyPool, clock: Clock) -> None:
    take_in(pool, block())
    before = pool._counter
    pool.draw(1)
    clock.now += 59.9
    pool.draw(1)
    assert pool._counter == before
    clock.now += 0.1
    pool.draw(1)
    assert pool._counter == before + 1


def test_reseeds_after_a_mebibyte(pool: EntropyPool) -> None:
    before = pool._counter
    for _ in range(16):
        pool.draw(65_536)
    assert pool._counter == before
    pool.draw(1)
    assert pool._counter == before + 1


def test_reseeds_after_so_many_draws(pool: EntropyPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "RESEED_DRAWS", 10)
    before = pool._counter
    for _ in range(10):
        pool.draw(1)
    assert pool._counter == before
    pool.draw(1)
    assert pool._counter == before + 1


def test_a_fresh_block_reseeds_at_once(pool: EntropyPool) -> None:
    before = pool._counter
    take_in(pool, block())
    assert pool._counter == before + 1


def test_each_seed_serves_once_and_an_exhausted_pool_says_os_only(pool: EntropyPool, clock: Clock) -> None:
    take_in(pool, block(streams=1, length=1024))
    assert filled(pool) == 3 * 512, "four seeds, one of them used by the reseed"
    for _ in range(3):
        clock.now += 60
        assert pool.mode == "quantum-mixed"
        assert pool.draw(8).receipt.quantum_contributed
    clock.now += 60
    assert pool.mode == "os-only", "what the next draw will say"
    assert not pool.draw(8).receipt.quantum_contributed


def test_the_pool_is_bounded(pool: EntropyPool) -> None:
    for _ in range(3):
        take_in(pool, block(streams=16))
    [state] = pool.state().sources
    assert state.filled_bits <= state.capacity_bits == 256 * 512


STUCK = RawBlock((bytes(4096),), backend="test", job_id="")


def test_an_alarm_drops_the_source_and_says_so(pool: EntropyPool) -> None:
    take_in(pool, block())
    with pytest.raises(HealthAlarm):
        take_in(pool, STUCK)
    [state] = pool.state().sources
    assert (state.health, state.alarms, state.filled_bits) == ("alarmed", 1, 0)
    assert state.last_alarm is not None
    assert state.last_alarm.test == "repetition_count"
    assert pool.state().mode == "os-only"
    assert degraded(pool)
    receipt = pool.draw(8).receipt
    assert not receipt.quantum_contributed
    assert [(gone.source, gone.health, gone.alarm) for gone in receipt.absent] == [
        ("scripted", "alarmed", "repetition_count")
    ]


def test_after_an_alarm_a_whole_block_must_pass_before_the_next_is_used(pool: EntropyPool) -> None:
    """Start-up tests again, as SP 800-90B section 4.3 wants them: what they look at is thrown away here."""
    with pytest.raises(HealthAlarm):
        take_in(pool, STUCK)
    take_in(pool, block())
    assert (health(pool), filled(pool)) == ("starting", 0)
    assert [gone.alarm for gone in pool.draw(8).receipt.absent] == ["repetition_count"]
    take_in(pool, block())
    assert health(pool) == "healthy"
    assert pool.draw(8).receipt.quantum_contributed
    assert not degraded(pool)


def test_a_failure_keeps_what_waits_and_an_alarm_outlives_it(pool: EntropyPool, clock: Clock) -> None:
    take_in(pool, block(streams=1, length=1024))
    pool.note_failure(pool.stocks[0], "away")
    assert health(pool) == "failed"
    assert pool.draw(8).receipt.quantum_contributed
    assert not degraded(pool), "there is something of it yet"
    for _ in range(4):
        clock.now += 60
        pool.draw(8)
    assert degraded(pool)
    assert pool.draw(8).receipt.absent[0].health == "failed"
    with pytest.raises(HealthAlarm):
        take_in(pool, STUCK)
    pool.note_failure(pool.stocks[0], "away")
    assert health(pool) == "alarmed"


def test_every_source_gives_a_seed_and_a_poisoned_one_changes_nothing_but_the_receipt(clock: Clock) -> None:
    good = ScriptedSource(name="hardware", simulated=False, credited_min_entropy=0.5)
    pool = EntropyPool([good, ScriptedSource(name="poisoned")], clock=clock)
    for stock in pool.stocks:
        pool.take_in(stock, block())
    pool._reseed()
    receipt = pool.draw(32).receipt
    assert receipt.sources == ["os", "hardware", "poisoned"]
    assert (receipt.credited_bits, receipt.simulated) == (512, False)
    with pytest.raises(HealthAlarm):
        pool.take_in(pool.stocks[1], STUCK)
    receipt = pool.draw(32).receipt
    assert receipt.sources == ["os", "hardware"]
    assert receipt.credited_bits == 512
    assert [gone.source for gone in receipt.absent] == ["poisoned"]
    assert degraded(pool)


def test_each_credited_bit_waits_or_went_out_or_was_dropped(clock: Clock) -> None:
    source = ScriptedSource(simulated=False, credited_min_entropy=0.5, kept_seeds=20)
    pool = EntropyPool([source], clock=clock)
    [stock] = pool.stocks

    def account() -> tuple[int, ...]:
        assert stock.account["in"] == stock.account["out"] + stock.account["dropped"] + stock.filled_bits
        return tuple(bits // 512 for bits in stock.account.values())

    take_in(pool, block(streams=1))
    assert account() == (16, 1, 0)
    clock.now += 60
    pool.draw(8)
    assert account() == (16, 2, 0)
    take_in(pool, block(streams=1))
    assert account() == (32, 3, 10), "20 fit"
    with pytest.raises(HealthAlarm):
        take_in(pool, STUCK)
    assert account() == (32, 3, 29)
    state = stock.state()
    assert (state.credited_bits_in, state.credited_bits_out) == (32 * 512, 3 * 512)


def test_a_simulator_is_never_credited(pool: EntropyPool) -> None:
    take_in(pool, block())
    assert set(pool.stocks[0].account.values()) == {0}


def test_a_low_pool_calls_for_a_block(pool: EntropyPool, clock: Clock) -> None:
    calls: list[bool] = []
    pool.when_low(lambda: calls.append(True))
    pool.draw(1)
    assert not calls, "no seed was taken"
    clock.now += 60
    pool.draw(1)
    assert calls


def test_a_forked_child_shares_nothing_and_does_not_hang(pool: EntropyPool) -> None:
    take_in(pool, block())
    parent_state = (pool._drbg._key, pool._conditioning_key)
    reading, writing = os.pipe()
    with pool._lock, warnings.catch_warnings():  # another thread may hold the lock at that moment
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:  # pragma: no cover - coverage does not follow
            signal.alarm(20)  # a lock that was inherited would hold it for ever
            try:
                apart = (pool._drbg._key, pool._conditioning_key) != parent_state and pool._drbg._key != parent_state[0]
                honest = pool.mode == "os-only" and len(pool.draw(32).data) == 32
                os.write(writing, b"1" if apart and honest else b"0")
            finally:
                os._exit(0)
    os.close(writing)
    answer = os.read(reading, 1)
    os.close(reading)
    os.waitpid(child, 0)
    assert answer == b"1"
    assert pool._drbg._key == parent_state[0]


def test_draws_from_many_threads_are_distinct(pool: EntropyPool) -> None:
    take_in(pool, block())
    seen: list[bytes] = []

    def work() -> None:
        seen.extend(pool.random(16) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 800


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 65_536])
def test_lengths(pool: EntropyPool, length: int) -> None:
    assert len(pool.random(length)) == length


def hardware(pool: EntropyPool) -> bool:
    try:
        pool.draw(32, "hardware")
    except HardwareMissing:
        return False
    return True


def test_what_requires_hardware_gets_it_or_is_refused(clock: Clock) -> None:
    device = ScriptedSource(name="device", simulated=False, credited_min_entropy=0.5)
    pool = EntropyPool([device, ScriptedSource(name="simulator")], clock=clock)
    first, second = pool.stocks
    pool.take_in(second, block())
    assert not hardware(pool), "a simulator is none"
    assert pool.draw(32).receipt.sources == ["os", "simulator"]
    pool.take_in(first, block(streams=1, length=1024))  # four seeds
    assert hardware(pool)
    assert pool.draw(32, "hardware").receipt.credited_bits == 512
    for _ in range(3):
        clock.now += 60
        assert hardware(pool)
    clock.now += 60
    assert not hardware(pool), "there is none left"
    assert pool.draw(32).receipt.sources == ["os", "simulator"]


def test_a_reseed_for_what_requires_hardware_comes_before_its_time(clock: Clock) -> None:
    pool = EntropyPool([ScriptedSource(simulated=False, credited_min_entropy=0.5)], clock=clock)
    [stock] = pool.stocks
    stock.accept(block(), HealthReport(20, 35, 600, 645, 1.0, 1.0), [bytes(64)])
    assert not pool.draw(32).receipt.quantum_contributed
    assert hardware(pool)
    assert stock.account["out"] == 512
    assert hardware(pool), "the same seed serves until the next reseed"


def test_a_source_that_is_credited_too_little_is_no_hardware(clock: Clock) -> None:
    pool = EntropyPool([ScriptedSource(simulated=False, credited_min_entropy=0.1)], clock=clock)
    take_in(pool, block())
    assert pool.draw(32).receipt.credited_bits == 204
    assert not hardware(pool)
