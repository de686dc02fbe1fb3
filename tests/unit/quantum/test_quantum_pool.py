"""The entropy pool: never weaker than the OS, never waiting, honest about itself."""

from __future__ import annotations

import os
import signal
import threading
import warnings

import pytest

from quantum_service.entropy import pool as pool_module
from quantum_service.entropy.health import HealthAlarm, HealthReport
from quantum_service.entropy.pool import CAPACITY_SEEDS, EntropyPool
from quantum_service.entropy.receipts import Origin
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
    return EntropyPool(ScriptedSource(), clock=clock)


def test_an_empty_pool_serves_from_the_os_and_says_so(pool: EntropyPool) -> None:
    draw = pool.draw(48)
    assert len(draw.data) == 48
    assert draw.receipt.sources == ["os"]
    assert not draw.receipt.quantum_contributed
    assert draw.receipt.credited_bits == 0
    assert pool.state().mode == "os-only"


def test_a_block_mixes_in_and_the_receipt_names_it(pool: EntropyPool) -> None:
    pool.take_in(block(job_id="job-7"))
    receipt = pool.draw(32).receipt
    assert receipt.sources == ["os", "scripted"]
    assert receipt.job_ids == ["job-7"]
    assert receipt.quantum_contributed
    assert receipt.simulated
    assert receipt.credited_bits == 0, "a simulator is credited nothing"
    assert receipt.health["passed"] is True
    assert receipt.pool_age_seconds is not None
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
        pool = EntropyPool(ScriptedSource(), clock=clock)
        if fill is not None:
            report = HealthReport(35, 645, 1.0, 1.0)
            pool._seeds.append((fill * 64, Origin.of(pool.source, "", "", 0, report)))
            pool._reseed()
        outputs.add(pool.draw(32).data)
    assert len(outputs) == 3


def test_reseeds_after_a_minute(pool: EntropyPool, clock: Clock) -> None:
    pool.take_in(block())
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
    pool.take_in(block())
    assert pool._counter == before + 1


def test_each_seed_serves_once_and_an_exhausted_pool_says_os_only(pool: EntropyPool, clock: Clock) -> None:
    pool.take_in(block(streams=1, length=1024))
    assert pool.state().filled_bits == 3 * 512, "four seeds, one of them used by the reseed"
    for _ in range(3):
        clock.now += 60
        assert pool.mode == "quantum-mixed"
        assert pool.draw(8).receipt.quantum_contributed
    clock.now += 60
    assert pool.mode == "os-only", "what the next draw will say"
    assert not pool.draw(8).receipt.quantum_contributed


def test_the_pool_is_bounded(pool: EntropyPool) -> None:
    for _ in range(3):
        pool.take_in(block(streams=16))
    state = pool.state()
    assert state.filled_bits <= state.capacity_bits == CAPACITY_SEEDS * 512


def test_an_alarm_empties_the_pool_and_degrades_it(pool: EntropyPool) -> None:
    pool.take_in(block())
    with pytest.raises(HealthAlarm):
        pool.take_in(RawBlock((bytes(4096),), backend="test", job_id=""))
    assert pool.alarms == 1
    assert pool.state().filled_bits == 0
    assert pool.state().mode == "os-only"
    assert not pool.draw(8).receipt.quantum_contributed
    pool.take_in(block())
    assert pool.state().mode == "quantum-mixed"
    assert pool.state().alarms == 1


def test_a_low_pool_calls_for_a_block(pool: EntropyPool) -> None:
    calls: list[bool] = []
    pool.when_low(lambda: calls.append(True))
    pool.draw(1)
    assert calls
    calls.clear()
    pool.take_in(block(streams=16))
    pool.draw(1)
    assert not calls


def test_a_forked_child_shares_nothing_and_does_not_hang(pool: EntropyPool) -> None:
    pool.take_in(block())
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
    pool.take_in(block())
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
