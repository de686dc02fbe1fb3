"""The background filling of the pool, and the child process that samples Aer."""

from __future__ import annotations

import asyncio
import json
import sys

import psutil
import pytest

from quantum_service.entropy import pool as pool_module
from quantum_service.entropy.filler import Outcome, PoolFiller
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources import RawBlock, SourceFailed
from quantum_service.entropy.sources.aer import AerSource
from quantum_service.entropy.sources.child import parse
from quantum_service.entropy.sources.os import OsSource
from tests.processes import PATIENCE
from tests.unit.quantum.scripted_source import ScriptedSource, block

STUCK = RawBlock((bytes(4096),), backend="test", job_id="")
FOREVER = (sys.executable, "-c", "import time; time.sleep(30)")


async def fill(source: ScriptedSource, steps: int) -> tuple[EntropyPool, list[Outcome]]:
    """Run a filler for so many steps of the script."""
    pool = EntropyPool([source])
    outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
    filler = PoolFiller(pool, report=lambda _, outcome: outcomes.put_nowait(outcome), first_pause=0)
    filler.start()
    async with asyncio.timeout(PATIENCE):
        seen = [await outcomes.get() for _ in range(steps)]
    await filler.stop()
    return pool, seen


async def test_fills_to_the_mark_and_then_rests() -> None:
    source = ScriptedSource([block(streams=16)])
    pool, _ = await fill(source, 1)
    assert not pool.stocks[0].low
    assert source.samples == 1


async def test_a_failing_source_leaves_the_os_and_recovers() -> None:
    source = ScriptedSource([SourceFailed("away"), RuntimeError("bug"), STUCK, block(), block(streams=16)])
    pool, outcomes = await fill(source, 5)
    assert outcomes == ["failed", "failed", "alarm", "accepted", "accepted"]
    assert pool.state().mode == "quantum-mixed"
    [state] = pool.state().sources
    assert (state.alarms, state.failures, state.last_failure) == (1, 2, "crashed")


async def test_a_source_that_never_answers_never_delays_a_draw() -> None:
    class Silent(ScriptedSource):
        async def sample(self) -> RawBlock:
            await asyncio.Event().wait()
            raise AssertionError

    pool = EntropyPool([Silent()])
    filler = PoolFiller(pool)
    filler.start()
    await asyncio.sleep(0)
    assert len(pool.draw(32).data) == 32
    assert pool.state().mode == "os-only"
    await filler.stop()


async def test_a_silent_source_does_not_keep_another_waiting() -> None:
    """A job on hardware may wait in its queue for hours."""

    class Silent(ScriptedSource):
        async def sample(self) -> RawBlock:
            await asyncio.Event().wait()
            raise AssertionError

    pool = EntropyPool([Silent(name="slow"), ScriptedSource([block(streams=16)], name="quick")])
    outcomes: asyncio.Queue[str] = asyncio.Queue()
    filler = PoolFiller(pool, report=lambda name, _: outcomes.put_nowait(name))
    filler.start()
    async with asyncio.timeout(PATIENCE):
        assert await outcomes.get() == "quick"
    assert pool.draw(32).receipt.sources == ["os", "quick"]
    assert [(gone.source, gone.health) for gone in pool.draw(32).receipt.absent] == [("slow", "starting")]
    await filler.stop()


async def test_a_seed_taken_from_a_low_pool_starts_the_next_filling(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource([block(streams=16), block(streams=16)])
    outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
    pool = EntropyPool([source])
    filler = PoolFiller(pool, report=lambda _, outcome: outcomes.put_nowait(outcome), first_pause=0)
    filler.start()
    async with asyncio.timeout(PATIENCE):
        await outcomes.get()
        pool.stocks[0].empty()
        monkeypatch.setattr(pool_module, "RESEED_DRAWS", 0)
        await asyncio.to_thread(pool.draw, 1)
        await outcomes.get()
    await filler.stop()
    assert source.samples == 2


async def test_the_os_source_is_not_called_quantum() -> None:
    pool = EntropyPool([OsSource()])
    pool.take_in(pool.stocks[0], await OsSource().sample())
    assert pool.state().mode == "os-only"
    assert pool.draw(8).receipt.sources == ["os"]


async def test_stopping_ends_the_child_process() -> None:
    filler = PoolFiller(EntropyPool([AerSource(FOREVER)]))
    before = set(psutil.Process().children())
    filler.start()
    async with asyncio.timeout(PATIENCE):
        while not (born := set(psutil.Process().children()) - before):  # noqa: ASYNC110 - the kernel sends no event
            await asyncio.sleep(0.01)
    await filler.stop()
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in born)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(30)", "timeout"),
        ("raise SystemExit(3)", "crashed"),
        ("print('hello')", "malformed"),
        ("pass", "malformed"),
    ],
)
async def test_a_child_that_fails(program: str, reason: str) -> None:
    source = AerSource((sys.executable, "-c", program), timeout=0.3 if reason == "timeout" else PATIENCE)
    with pytest.raises(SourceFailed) as caught:
        await source.sample()
    assert caught.value.reason == reason


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(SourceFailed, match="not_started"):
        await AerSource(("/nonexistent/python",)).sample()


@pytest.mark.parametrize(
    "header",
    [{}, [], {"streams": 0, "stream_bytes": 4}, {"streams": 1}]
    + [{"streams": n, "stream_bytes": size} for n, size in ((1, 5), (2, 4), (-1, -4))],
)
def test_output_that_is_not_of_the_layout(header: object) -> None:
    text = json.dumps(header).encode()
    with pytest.raises(SourceFailed, match="malformed"):
        parse(len(text).to_bytes(4, "big") + text + bytes(4))


async def test_aer_in_its_child_process() -> None:
    """The real simulator: healthy bits of 16 qubits, and nothing of Qiskit in this process."""
    already = "qiskit" in sys.modules
    sample = await AerSource().sample()
    assert len(sample.streams) == 16
    assert sample.backend.startswith("qiskit-aer")
    pool = EntropyPool([AerSource()])
    pool.take_in(pool.stocks[0], sample)
    receipt = pool.draw(32).receipt
    assert receipt.sources == ["os", "aer-simulator"]
    assert receipt.simulated
    assert receipt.credited_bits == 0
    assert already or "qiskit" not in sys.modules
