"""SIGKILL of app_service while everybody writes: what was acknowledged stands once, in its place, for everybody.

Rate limits are on, as they come.

`KILLS=100` by hand kills it more often; a run prints its seed, `KILL_SEED` repeats its moments.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.bench.world import Pair
from tests.faults.crowd import Crowd, server_for
from tests.processes import Process

KILLS: Final = int(os.environ.get("KILLS", "3"))
SEED: Final = os.environ.get("KILL_SEED", "1")
PAIRS: Final = 3
MOST_BETWEEN: Final = 120
"""Messages between two kills, at most."""
LATEST_SECONDS: Final = 0.01
"""A kill comes up to so long after an ack, to meet a transaction at any step."""


@pytest.fixture
def server(fresh_database: str, tmp_path: Path) -> Iterator[tuple[Process, list[Pair]]]:
    with server_for(fresh_database, tmp_path, PAIRS) as started:
        yield started


async def test_nothing_acknowledged_is_lost_doubled_or_moved(
    server: tuple[Process, list[Pair]], fresh_database: str
) -> None:
    process, pairs = server
    dice = random.Random(SEED)  # noqa: S311 - chooses moments
    crowd = Crowd(process.url, pairs)
    crowd.start()
    for _ in range(KILLS):
        await crowd.until_acknowledged(crowd.acknowledged + dice.randint(1, MOST_BETWEEN))
        await asyncio.sleep(dice.uniform(0, LATEST_SECONDS))
        process.kill()
        await asyncio.to_thread(process.start)
    await crowd.settle()
    rows = crowd.check(fresh_database)
    print(f"{KILLS} kills with seed {SEED}: {rows} messages, each once and in its place in {2 * PAIRS} views")
