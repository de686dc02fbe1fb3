"""Many tabs of one browser, one writer (PROTOCOL.md 9.1)."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import CDPSession, expect

from tests.e2e.people import Browser, Town

pytestmark = pytest.mark.browser

# Stops in the middle of a task: what follows runs first of all when the tab wakes up, before it can hear of anything.
_FREEZE_BEFORE_SENDING = """() => {
  const send = document.querySelector("button[aria-label=Send]");
  setTimeout(() => { debugger; send.click(); });
}"""


async def test_p9_1_a_frozen_tab_wakes_up_as_a_stale_writer_and_a_killed_one_is_followed_by_itself(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("before the frost")
    second = await alice.tab(alice.path)
    await _stands_by(second)

    await alice.page.get_by_role("textbox", name="Message to").fill("sent by a stale writer")
    frozen = await _freeze(alice)
    await second.page.get_by_role("button", name="Use it here").click()
    await second.writes("from the second tab")
    await bob.reads("from the second tab")
    await frozen.send("Debugger.resume")
    await _stands_by(alice)

    texts = [f"message {number}" for number in range(8)]
    for text in texts:
        await second.writes(text)
    await _kill(second)
    await alice.reads(texts[-1])
    await alice.writes("from the first tab again")
    await bob.reads("from the first tab again")
    await alice.sees_state("from the first tab again", "delivered")
    everything = ["before the frost", "from the second tab", *texts, "from the first tab again"]
    assert await alice.timeline() == await bob.timeline() == everything


async def _stands_by(tab: Browser) -> None:
    await expect(tab.page.get_by_role("heading", name="Open in another tab")).to_be_visible()


async def _freeze(tab: Browser) -> CDPSession:
    devtools = await tab.devtools()
    paused = asyncio.Event()
    devtools.on("Debugger.paused", lambda _: paused.set())
    await devtools.send("Debugger.enable")
    await tab.page.evaluate(_FREEZE_BEFORE_SENDING)
    await paused.wait()
    return devtools


async def _kill(tab: Browser) -> None:
    """The process behind the page, with the worker: nothing gets to tidy up."""
    crashed = asyncio.Event()
    tab.page.on("crash", lambda _: crashed.set())
    devtools = await tab.devtools()
    dying = asyncio.ensure_future(devtools.send("Page.crash"))
    await crashed.wait()
    dying.cancel()
