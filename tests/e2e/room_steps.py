"""What people do in a room, in their browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from playwright.async_api import Locator, expect

from tests.e2e.people import Browser, Town

NAME = "Heron watch at the old mill"
TOPIC = "who sits where before sunrise"


async def neighbours(town: Town) -> tuple[Browser, Browser, Browser]:
    """Alice is connected with Bob and with Carol, who do not know each other."""
    alice, bob, carol = await asyncio.gather(*(town.person(name) for name in ("alice", "bob", "carol")))
    for other in (bob, carol):
        await alice.asks(other.name)
        await other.accepts("alice")
        await expect(alice.row(other.name)).to_have_count(1)
        await alice.page.get_by_label("Find somebody on this server").fill("")
    return alice, bob, carol


async def creates_room(owner: Browser, people: Iterable[str]) -> None:
    await owner.page.get_by_role("button", name="New room").click()
    dialog = owner.page.get_by_role("dialog", name="New room")
    await dialog.get_by_label("Name").fill(NAME)
    await dialog.get_by_label("Topic").fill(TOPIC)
    for name in people:
        await dialog.get_by_role("checkbox", name=name).check()
    await dialog.get_by_role("button", name="Create room").click()
    await expect(owner.page.get_by_role("heading", name=NAME)).to_be_visible()


def panel(browser: Browser) -> Locator:
    return browser.page.get_by_role("complementary", name=f"Details of {NAME}")


async def details(browser: Browser) -> Locator:
    await browser.page.get_by_role("link", name="Details").click()
    await expect(panel(browser)).to_be_visible()
    return panel(browser)


async def choose(browser: Browser, person: str, what: str) -> None:
    await panel(browser).get_by_role("button", name=f"What to do about {person}").click()
    await browser.page.get_by_role("menuitem", name=what, exact=True).click()


async def confirm(browser: Browser, action: str) -> None:
    await browser.page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()
    await expect(browser.page.get_by_role("dialog")).to_have_count(0)
