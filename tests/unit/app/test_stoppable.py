"""Tasks that end where they wait, and finish what is in hand."""

from __future__ import annotations

import asyncio

import pytest

from shared import stoppable
from shared.stoppable import Stoppable


async def test_it_ends_at_once_where_it_waits() -> None:
    side, done = Stoppable(), []

    async def work() -> None:
        with side:
            await asyncio.Event().wait()
        done.append("went on")

    task = side.start(work())
    await asyncio.sleep(0)
    await side.end()

    assert task.cancelled()
    assert done == []


async def test_what_is_in_hand_is_finished_first() -> None:
    side, begun, go_on = Stoppable(), asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.append("work")
        with side:
            done.append("never")

    side.start(work())
    await begun.wait()
    ending = asyncio.create_task(side.end())
    await asyncio.sleep(0)
    go_on.set()
    await ending

    assert done == ["work"]


async def test_what_takes_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppable, "FINISH_SECONDS", 0.01)
    side, begun = Stoppable(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = side.start(work())
    await begun.wait()
    await side.end()

    assert task.cancelled()


async def test_one_that_never_began_has_ended() -> None:
    await Stoppable().end()
