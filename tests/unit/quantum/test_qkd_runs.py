"""Runs of BB84 in their child process: how many, and how they end when something goes wrong."""

from __future__ import annotations

import sys
from contextlib import aclosing

import psutil
import pytest

from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources.os import OsSource
from quantum_service.qkd.runs import Runs
from quantum_service.qkd.seeds import Seeds
from shared.errors import Unavailable
from shared.schemas.bb84 import Bb84Event, Bb84Failed, Bb84Finished, Bb84Progress, Bb84Request, Bb84Started
from shared.schemas.quantum import RandomResponse

REQUEST = Bb84Request(pulses=12_000, noise=0.01)
FOREVER = "import time; time.sleep(60)"


def runs(program: str | None = None, timeout: float = 120.0, most: int = 1) -> Runs:
    if program is None:
        return Runs(most)
    return Runs(most, command=(sys.executable, "-c", program), timeout=timeout)


def drawn() -> RandomResponse:
    draw = EntropyPool([OsSource()]).draw(Seeds.BYTES)
    return RandomResponse(bytes=draw.data, receipt=draw.receipt, signed=None)


async def told(of: Runs) -> list[Bb84Event]:
    return [event async for event in of.events(REQUEST, drawn())]


async def test_a_run_from_its_receipt_to_its_figures() -> None:
    started, *stages, finished = await told(runs())
    assert isinstance(started.root, Bb84Started)
    assert [stage.root.stage for stage in stages if isinstance(stage.root, Bb84Progress)] == [
        "prepared",
        "measured",
        "sifted",
        "estimated",
        "corrected",
        "verified",
        "amplified",
        "authenticated",
    ]
    assert isinstance(finished.root, Bb84Finished)
    result = finished.root.result
    assert result.final_bits > 256
    assert result.abort is None
    assert len(result.photons) == 64
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (FOREVER, "timeout"),
        ("", "crashed"),
        ("raise SystemExit(3)", "crashed"),
        ("print('not JSON', flush=True); " + FOREVER, "crashed"),
        ("print('x' * 100000, flush=True); " + FOREVER, "crashed"),
    ],
)
async def test_a_run_that_breaks_off_says_so_and_leaves_no_process(program: str, code: str) -> None:
    # What must not time out has time enough on the slowest machine.
    started, failed = await told(runs(program, timeout=0.2 if code == "timeout" else 60))
    assert isinstance(started.root, Bb84Started)
    assert failed.root == Bb84Failed.model_validate({"code": code})
    assert psutil.Process().children() == []


async def test_a_program_that_is_not_there() -> None:
    events = await told(Runs(1, command=("/nowhere",)))
    assert events[-1].root == Bb84Failed(code="crashed")


async def test_no_more_than_so_many_at_once_and_a_caller_who_leaves_makes_room() -> None:
    few = runs(FOREVER)
    few.admit()
    async with aclosing(few.events(REQUEST, drawn())) as events:
        await anext(events)
        with pytest.raises(Unavailable) as refused:
            few.admit()
        assert refused.value.code == "overloaded"
        assert refused.value.retry_after is not None
    few.admit()
    assert psutil.Process().children() == []
