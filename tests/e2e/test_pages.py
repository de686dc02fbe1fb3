"""Every page at wide and narrow, light and dark: nothing is cut off sideways, no error stands in the console.

With `SCREENSHOTS` naming a folder, a picture of each is left there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from playwright.async_api import expect

from tests.e2e.album import Album
from tests.e2e.people import PASSWORD, Browser, Town
from tests.e2e.room_steps import NAME as ROOM
from tests.e2e.room_steps import choose, confirm, creates_room, details, neighbours, panel

pytestmark = pytest.mark.browser

CONVERSATION: Final = (
    ("bob", "Did the courier come by? I left the parcel with the neighbours, second floor, the door with the bicycle."),
    ("alice", "He did, at ten. Thank you!"),
    ("alice", "It is heavier than it looks 📦"),
    ("bob", "Books mostly. And this:"),
    ("bob", "def greet(name: str) -> str:\n    return f\"Good evening, {name}\""),
    ("alice", "שלום, זה עובד גם מימין לשמאל"),
    ("bob", "https://example.org/a/very/long/address/that/does/not/want/to/break/anywhere/at/all/but/has/to?really=yes"),
    ("alice", "See you at the station, platform 4. I bring coffee."),
)  # fmt: skip


async def test_pages_before_signing_in(town: Town, album: Album) -> None:
    alice = await town.browser("alice")
    await expect(alice.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await album.show(alice.page, "sign-in")
    await alice.page.get_by_role("link", name="Forgot your password?").click()
    await alice.page.get_by_label("Recovery code", exact=True).fill("7k3m 9qwe 2rty pa5s dfgh jk8l zxcv bn4m 6t1r")
    await expect(alice.page.get_by_text("There is a slip in this code")).to_be_visible()
    await album.show(alice.page, "recover")
    await alice.page.goto(f"{town.house.url}/register")
    await alice.page.get_by_label("Name", exact=True).fill("alice")
    await alice.page.get_by_label("E-mail").fill("alice@example.org")
    await alice.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await album.show(alice.page, "register")
    await alice.page.get_by_role("button", name="Make account").click()
    await expect(alice.page.get_by_role("heading", name="Keep your recovery code")).to_be_visible()
    await album.show(alice.page, "recovery-code")


async def test_pages_of_a_new_account(town: Town, album: Album) -> None:
    alice = await town.person("alice")
    await album.show(alice.page, "empty")
    await town.person("bartholomew-of-the-longest-name")
    await alice.page.goto(f"{town.house.url}/people")
    await expect(alice.page.get_by_role("button", name="Connect with")).to_be_visible()
    await album.show(alice.page, "people")
    await alice.page.goto(f"{town.house.url}/account")
    await expect(alice.page.get_by_text("this one")).to_be_visible()
    await album.show(alice.page, "account")
    await alice.page.goto(f"{town.house.url}/keys")
    await expect(alice.page.get_by_text("Key for fresh randomness · number 1")).to_be_visible()
    await album.show(alice.page, "keys")
    await alice.page.goto(f"{town.house.url}/quantum")
    await expect(alice.page.get_by_role("img", name="raw bits as squares").first).to_be_visible()
    await alice.page.get_by_text("To all", exact=True).click()
    await alice.page.get_by_role("button", name="Send the photons").click()
    await expect(alice.page.get_by_text("No key: somebody may have listened")).to_be_visible()
    await album.show(alice.page, "quantum")
    await alice.page.goto(f"{town.house.url}/account")
    await alice.page.get_by_role("button", name="Change password").click()
    await alice.page.get_by_label("New password", exact=True).fill(PASSWORD)
    await album.show(alice.page, "change-password")


async def test_pages_of_a_conversation(town: Town, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    people = {"alice": (alice, bob), "bob": (bob, alice)}
    for number, (name, text) in enumerate(CONVERSATION, 1):
        writer, reader = people[name]
        await writer.page.get_by_role("textbox", name="Message to").fill(text)
        await writer.page.get_by_role("button", name="Send", exact=True).click()
        await expect(reader.log.locator("[data-message]")).to_have_count(number)
    await expect(alice.log.get_by_text(re.compile("^(Delivered|Read)$"))).to_be_visible()
    await album.show(alice.page, "conversation")
    await _details(alice, album)
    await _overlays(alice, album)
    carol = await town.person("carol")
    await carol.asks("alice")
    await expect(alice.page.get_by_role("region", name="Asks to connect")).to_be_visible()
    await album.show(alice.page, "request")
    await _without_services(town, alice, carol, album)


async def test_pages_of_a_room(town: Town, album: Album) -> None:
    alice, bob, _ = await neighbours(town)
    await alice.page.get_by_role("button", name="New room").click()
    await expect(alice.page.get_by_role("dialog", name="New room")).to_be_visible()
    await album.show(alice.page, "new-room")
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await creates_room(alice, ["bob", "carol"])
    await bob.opens(ROOM)
    await bob.writes("the hide is behind the third willow")
    await alice.reads("the hide is behind the third willow")
    await album.show(alice.page, "room")
    await details(alice)
    await album.show(alice.page, "room-details")
    await choose(alice, "carol", "Remove and ban…")
    await album.show(alice.page, "ask-to-ban")
    await confirm(alice, "Remove and ban carol")
    await expect(panel(alice).get_by_role("heading", name="Banned")).to_be_visible()
    await album.show(alice.page, "room-with-a-ban")
    await panel(alice).get_by_role("button", name="Delete room for everybody").click()
    await expect(alice.page.get_by_role("dialog")).to_be_visible()
    await album.show(alice.page, "ask-to-delete")


async def _details(alice: Browser, album: Album) -> None:
    await alice.page.get_by_role("link", name="Details").click()
    await alice.page.get_by_text("Keys and algorithms").click()
    await expect(alice.page.get_by_role("img", name="Safety number")).to_be_visible()
    await album.show(alice.page, "details")
    await alice.page.get_by_role("button", name="End conversation").click()
    await expect(alice.page.get_by_role("dialog")).to_be_visible()
    await album.show(alice.page, "ask-to-end")
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("complementary")).to_have_count(0)


async def _overlays(alice: Browser, album: Album) -> None:
    overlays: dict[str, Callable[[], Awaitable[None]]] = {
        "go-to": lambda: alice.page.keyboard.press("Control+k"),
        "keyboard": lambda: _keys(alice),
    }
    for name, show in overlays.items():
        await show()
        await expect(alice.page.get_by_role("dialog")).to_be_visible()
        await album.show(alice.page, name)
        await alice.page.keyboard.press("Escape")
        await expect(alice.page.get_by_role("dialog")).to_have_count(0)


async def _keys(alice: Browser) -> None:
    await alice.page.get_by_role("button", name="Account: alice").click()
    await alice.page.get_by_role("menuitem", name="Keyboard").click()


async def _without_services(town: Town, alice: Browser, carol: Browser, album: Album) -> None:
    town.house.quantum.kill()
    await alice.accepts("carol")
    await alice.opens("carol")
    await carol.row("alice").wait_for()
    await expect(alice.log).to_contain_text("adds fresh randomness is away")
    await alice.writes("Hello Carol, this goes out by itself.")
    await album.show(alice.page, "making-keys")
    town.house.app.kill()
    await expect(alice.page.get_by_role("status").filter(has_text="Server unreachable")).to_be_visible()
    await album.show(alice.page, "offline")
