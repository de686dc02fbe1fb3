"""Browsers whose clocks are days off, and are set while somebody writes (PROTOCOL.md 3.6, 6.9)."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest
from playwright.async_api import Route

from tests.e2e.people import Browser, Town

pytestmark = pytest.mark.browser

DAY: Final = 24 * 3600 * 1000
# The page's and the worker's clock alike.
_CLOCK: Final = """globalThis.skew = %d;
globalThis.Date = class extends Date {
  constructor(...parts) { if (parts.length === 0) super(Date.now()); else super(...parts); }
  static now() { return super.now() + globalThis.skew; }
};
"""


async def test_p3_6_clocks_that_are_days_off_and_jump_stop_nobody(town: Town) -> None:
    alice, bob = await asyncio.gather(_at_a_clock(town, "alice", 3 * DAY), _at_a_clock(town, "bob", DAY))
    await asyncio.gather(alice.register(), bob.register())
    [worker] = bob.page.workers
    assert await worker.evaluate("Date.now()") > time.time() * 1000 + DAY / 2
    await alice.asks("bob")
    await bob.accepts("alice")
    await alice.opens("bob")
    await bob.opens("alice")
    await alice.writes("written in three days")
    await bob.reads("written in three days")
    await bob.writes("written tomorrow")
    await alice.reads("written tomorrow")

    await alice.page.evaluate(f"globalThis.skew = {-40 * DAY}")
    await bob.page.evaluate(f"globalThis.skew = {40 * DAY}")
    await alice.writes("set back")
    await bob.reads("set back")
    await bob.writes("set forward")
    await alice.reads("set forward")
    await alice.sees_state("set back", "delivered")
    assert await alice.timeline() == await bob.timeline()
    await alice.page.reload()
    await alice.reads("set forward")
    assert await alice.timeline() == await bob.timeline()


async def _at_a_clock(town: Town, name: str, skew: int) -> Browser:
    browser = await town.browser(name)
    clock = _CLOCK % skew

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=clock + await answer.text())

    await browser.page.add_init_script(clock)
    await browser.page.route("**/assets/worker-*.js", late)
    return browser
