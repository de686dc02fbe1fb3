"""Draws go on, and say what happened, while their source is killed, stuck, biased or alternating."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from quantum_service.entropy.sources import RawBlock, SourceFailed
from quantum_service.main import create_app
from tests.api.quantum.conftest import API_KEY, Caller, settings
from tests.processes import PATIENCE
from tests.unit.quantum.scripted_source import ScriptedSource, biased, block, of_bits

CALLERS = 4
BITS = 8192
ALARMS: list[tuple[str, RawBlock, str]] = [
    ("stuck at 1", of_bits("1" * BITS), "repetition_count"),
    ("biased to 0.68", biased(0.68, bits=BITS), "adaptive_proportion"),
    ("alternating", of_bits("01" * (BITS // 2)), "markov"),
]


class Fed(ScriptedSource):
    """Gives what the test hands over, when it does."""

    def __init__(self) -> None:
        super().__init__(name="fed", kept_seeds=10_000)
        self.next: asyncio.Queue[RawBlock | Exception] = asyncio.Queue()

    async def sample(self) -> RawBlock:
        given = await self.next.get()
        self.samples += 1
        if isinstance(given, Exception):
            raise given
        return given


class Load:
    """Callers who ask again as soon as they were answered."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._tasks: list[asyncio.Task[None]] = []
        self.drawn: list[str] = []
        self.receipts: list[dict[str, Any]] = []

    async def _ask(self) -> None:
        while True:
            response = await self._caller.call("GET", "/api/quantum/random")
            assert response.status_code == 200, response.text
            answer = response.json()
            self.drawn.append(answer["bytes"])
            self.receipts.append(answer["receipt"])
            await asyncio.sleep(0)  # without a network nothing else makes a caller wait for the others

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(CALLERS)]
        try:
            yield
        finally:
            self.fail_early()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def fail_early(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()

    async def until(self, says: Any) -> dict[str, Any]:
        """The first receipt from now on that `says` so; every caller goes on being answered until then."""
        seen = len(self.receipts)
        while True:
            self.fail_early()
            while seen < len(self.receipts):
                seen += 1
                if says(self.receipts[seen - 1]):
                    return self.receipts[seen - 1]
            await asyncio.sleep(0.001)


def absent(receipt: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(gone["source"], gone["health"], gone["alarm"]) for gone in receipt["absent"]]


@asynccontextmanager
async def service(folder: Path, source: Fed) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = create_app(settings(folder), sources=[source])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://quantum") as http,
        asyncio.timeout(PATIENCE),
    ):
        yield app, http


async def test_a_poisoned_source_is_seen_within_one_block_and_stops_nobody(tmp_path: Path) -> None:
    source = Fed()
    async with service(tmp_path, source) as (app, http):
        load = Load(Caller(http, API_KEY))
        async with load.running():
            for number, (_, poisoned, test) in enumerate(ALARMS, start=1):
                for _ in range(2):  # after an alarm the first good block is looked at and thrown away
                    source.next.put_nowait(block(streams=1, length=1024, job_id=f"good-{number}"))
                good = await load.until(lambda receipt: receipt["quantum_contributed"])
                assert [part["job_id"] for part in good["parts"]] == [f"good-{number}"]
                source.next.put_nowait(poisoned)
                told = await load.until(lambda receipt: not receipt["quantum_contributed"])
                assert absent(told) == [("fed", "alarmed", test)]
                [state] = app.state.desk.operations.pool.state().sources
                assert (state.alarms, state.filled_bits) == (number, 0), "alarmed by that very block"
            health = (await http.get("/api/health")).json()
            assert health["status"] == "degraded"
            assert health["entropy"]["sources"][0]["last_alarm"]["test"] == "markov"
            exposition = (await http.get("/metrics")).text
        assert 'quantum_entropy_alarms{source="fed"} 3.0' in exposition
        assert 'quantum_entropy_source_alarmed{source="fed"} 1.0' in exposition
        assert len(set(load.drawn)) == len(load.drawn) > 0


async def test_a_killed_source_is_told_and_stops_nobody(tmp_path: Path) -> None:
    source = Fed()
    async with service(tmp_path, source) as (app, http):
        load = Load(Caller(http, API_KEY))
        async with load.running():
            source.next.put_nowait(SourceFailed("crashed"))
            told = await load.until(lambda receipt: absent(receipt) == [("fed", "failed", None)])
            assert not told["quantum_contributed"]
            [state] = app.state.desk.operations.pool.state().sources
            assert (state.failures, state.last_failure) == (1, "crashed")
            source.next.put_nowait(block(streams=1, length=1024))
            await load.until(lambda receipt: receipt["quantum_contributed"])
            assert (await http.get("/api/health")).json()["status"] == "ok"
