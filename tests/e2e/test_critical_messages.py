"""Critical messages in real browsers, while quantum_service goes away and comes back (PROTOCOL.md 8.1 and 8.2)."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.album import Album
from tests.e2e.people import Browser, Town

pytestmark = pytest.mark.browser

AWAY = "The signing service is away. This critical message waits; your other messages go out."


def bubble(browser: Browser, text: str) -> Locator:
    return browser.log.locator("[data-critical]").filter(has_text=text)


async def writes_critical(browser: Browser, text: str, album: Album | None = None) -> None:
    """By keyboard alone, from the composer."""
    field = browser.page.get_by_role("textbox", name="Message to")
    await field.fill(text)
    await field.press("Tab")
    await browser.page.keyboard.press("Space")
    await expect(browser.page.get_by_role("button", name="Critical message", pressed=True)).to_be_visible()
    await expect(browser.page.get_by_role("button", name="Send critical message")).to_be_visible()
    await expect(field).to_be_focused()
    if album is not None:
        await album.show(browser.page, "critical-composer")
    await field.press("Enter")
    await expect(browser.page.get_by_role("button", name="Critical message", pressed=False)).to_be_visible()
    await expect(bubble(browser, text)).to_be_visible()


async def sees_verified(browser: Browser, text: str, signer: str) -> None:
    words = re.compile(rf"Critical · signed by {signer} · both signatures verified \d\d:\d\d")
    await expect(bubble(browser, text)).to_contain_text(words)
    await expect(bubble(browser, text)).to_have_attribute("data-critical", "good")


async def test_p8_critical_messages_both_ways_while_quantum_service_goes_and_comes(town: Town, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("The ferry leaves at six.")
    await writes_critical(alice, "The bridge is closed. Take the ferry.", album)
    await sees_verified(alice, "The bridge is closed.", "you")
    await sees_verified(bob, "The bridge is closed.", "alice")
    await writes_critical(bob, "Understood. I take the ferry.")
    await sees_verified(alice, "Understood.", "bob")
    await alice.writes("See you there.")
    await bob.reads("See you there.")
    await bubble(bob, "The bridge").get_by_text("Signatures and receipt").click()
    for words in ("Falcon-512", "ECDSA P-256", "signed by the server"):
        await expect(bubble(bob, "The bridge")).to_contain_text(words)
    await album.show(bob.page, "critical")

    town.house.quantum.kill()
    await writes_critical(alice, "Cancel the second crossing.")
    await expect(alice.log).to_contain_text(AWAY)
    await alice.writes("This one goes out at once.")
    await bob.reads("This one goes out at once.")
    await expect(bubble(bob, "Cancel")).to_have_count(0)
    await album.show(alice.page, "critical-waits")
    await alice.page.reload()
    await expect(bubble(alice, "Cancel")).to_be_visible()

    await asyncio.to_thread(town.house.quantum.start)
    await sees_verified(bob, "Cancel the second crossing.", "alice")
    await sees_verified(alice, "Cancel the second crossing.", "you")
    await expect(alice.log).not_to_contain_text(AWAY)
    await bob.page.reload()
    await sees_verified(bob, "Cancel the second crossing.", "alice")
