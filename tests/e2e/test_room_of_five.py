"""Five people in five browsers, one room, from the link to the end; and what the services keep of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.album import Album
from tests.e2e.people import PASSWORD, Browser, Town
from tests.e2e.pictures import attaches, photo
from tests.e2e.room_steps import NAME, TOPIC, choose, confirm, creates_room, details, panel
from tests.e2e.test_secrecy import spellings

pytestmark = pytest.mark.browser

WELCOME = "the hide is behind the third willow"
FROM_BOB = "bring the green telescope"
ANSWER = "it stands by the door already"
FROM_DAVE = "sunrise is at four"
CORRECTED = "sunrise is at a quarter to five"
REGRETTED = "who ate the last sandwich"
WITHOUT_EVE = "eve told the papers about the nest"
ON_THE_PHONE = "reading this by the pond"
LAST = "the nest moves to the northern shore"
SECRETS = (NAME, TOPIC, WELCOME, FROM_BOB, ANSWER, FROM_DAVE, CORRECTED, REGRETTED, WITHOUT_EVE, ON_THE_PHONE, LAST)


async def makes_a_link(owner: Browser) -> str:
    await details(owner)
    await panel(owner).get_by_role("button", name="Invite by link").click()
    address = panel(owner).locator("code").filter(has_text="/join/")
    await expect(address).to_be_visible()
    return await address.inner_text()


async def joins(guest: Browser, link: str) -> None:
    await guest.page.goto(link)
    await comes_in(guest)


async def comes_in(guest: Browser) -> None:
    await guest.page.get_by_role("button", name="Join", exact=True).click()
    await expect(guest.page.get_by_role("heading", name=NAME)).to_be_visible()
    await expect(guest.page.get_by_role("main")).to_contain_text(TOPIC)
    assert "#" not in guest.page.url


async def registers_to_join(guest: Browser, link: str) -> None:
    """Whoever has no account yet is back at the link after making one."""
    await guest.page.goto(link)
    await guest.page.get_by_role("link", name="Make an account").click()
    await guest.page.get_by_label("Name", exact=True).fill(guest.name)
    await guest.page.get_by_label("E-mail").fill(f"{guest.name}@example.org")
    await guest.page.get_by_label("Password", exact=True).fill(PASSWORD)
    await guest.page.get_by_role("button", name="Make account").click()
    await guest.keeps_recovery_code()


async def presses(browser: Browser, text: str, key: str) -> None:
    """What a key does on a message that has the focus; a pointer's tools go away when the timeline moves under it."""
    row = browser.log.locator("[data-row]").filter(has=browser.page.get_by_text(text, exact=True)).last
    await row.press(key)


async def edits(browser: Browser, old: str, new: str) -> None:
    await presses(browser, old, "e")
    await browser.page.get_by_role("textbox", name="Message to").fill(new)
    await browser.page.keyboard.press("Enter")


async def deletes(browser: Browser, text: str) -> None:
    await presses(browser, text, "Enter")
    await browser.page.get_by_role("menuitem", name="Delete").click()
    await confirm(browser, "Delete for everybody")


def picture(browser: Browser) -> Locator:
    return browser.log.get_by_role("button", name="Show the pond in may.jpg")


async def cannot_write(browser: Browser, why: str) -> None:
    await expect(browser.page.get_by_text(why, exact=True)).to_be_visible()
    await expect(browser.page.get_by_role("textbox", name="Message to")).to_have_count(0)


async def talk(everybody: list[Browser], folder: Path) -> None:
    """A reply, a reaction, an edit, a deletion, a picture: each seen by all."""
    alice, bob, carol, dave, eve = everybody
    for writer, text in ((alice, WELCOME), (bob, FROM_BOB), (dave, FROM_DAVE), (eve, REGRETTED)):
        await writer.writes(text)
    for reader in everybody:
        for text in (WELCOME, FROM_BOB, FROM_DAVE, REGRETTED):
            await reader.reads(text)

    await presses(carol, FROM_BOB, "r")
    await carol.page.get_by_role("textbox", name="Message to").fill(ANSWER)
    await carol.page.keyboard.press("Enter")
    await presses(eve, WELCOME, "+")
    await eve.page.get_by_role("button", name="React with 🎉").click()
    await edits(dave, FROM_DAVE, CORRECTED)
    await deletes(eve, REGRETTED)
    seen = folder / "the pond in may.jpg"
    seen.write_bytes(await photo(alice))
    await attaches(alice, seen)

    for reader in everybody:
        await expect(reader.log.get_by_text(ANSWER)).to_be_visible()
        asked = "You" if reader is bob else "bob"
        await expect(reader.log.get_by_role("link", name=f"In reply to {asked} {FROM_BOB}")).to_be_visible()
        await expect(reader.log.get_by_role("button", name="🎉 1: ")).to_be_visible()
        await expect(reader.log.get_by_text(CORRECTED)).to_be_visible()
        await expect(reader.message(FROM_DAVE)).to_have_count(0)
        who = "You" if reader is eve else "eve"
        await expect(reader.log.get_by_text(f"{who} deleted this message.")).to_be_visible()
        await expect(picture(reader).locator("img")).to_have_js_property("naturalHeight", 360)
    await picture(bob).click()
    dialog = bob.page.get_by_role("dialog", name="the pond in may.jpg")
    await expect(dialog.get_by_role("img")).to_have_js_property("naturalHeight", 640)
    await dialog.get_by_role("button", name="Close").click()


async def a_moderator_removes_eve(alice: Browser, bob: Browser, eve: Browser) -> None:
    await choose(alice, "bob", "Make moderator")
    await expect(eve.log).to_contain_text("alice made bob a moderator")
    await details(bob)
    await choose(bob, "eve", "Remove…")
    await confirm(bob, "Remove eve")
    await cannot_write(eve, "bob removed you")
    await expect(eve.log).to_contain_text("bob removed you.")
    await expect(alice.log).to_contain_text("bob removed eve.")
    await bob.writes(WITHOUT_EVE)
    await expect(bob.log).to_contain_text("You removed eve.")


async def a_second_browser(town: Town, everybody: list[Browser]) -> Browser:
    """It joins the room by itself, and reads and writes from then on."""
    phone = await town.browser("carol", profile="carol-phone")
    await phone.sign_in()
    await phone.is_signed_in()
    await phone.opens(NAME)
    await phone.writes(ON_THE_PHONE)
    for reader in everybody:
        await reader.reads(ON_THE_PHONE)
    return phone


async def leaves_and_ends(alice: Browser, bob: Browser, phone: Browser) -> None:
    await panel(bob).get_by_role("button", name="Leave room").click()
    await confirm(bob, "Leave room")
    await cannot_write(bob, "You left this room")
    await expect(alice.log).to_contain_text("bob left")
    await alice.writes(LAST)
    await phone.reads(LAST)
    await alice.sees_state(LAST, "delivered")
    await panel(alice).get_by_role("button", name="Delete room for everybody").click()
    await alice.page.get_by_role("dialog").get_by_role("textbox", name="To delete it, type its name").fill(NAME)
    await confirm(alice, "Delete room for everybody")
    await cannot_write(alice, "You deleted this room")


async def test_p10_five_people_by_link_a_removal_a_second_browser_and_the_end_of_a_room(
    town: Town, tmp_path: Path, album: Album
) -> None:
    alice, bob, carol, dave, eve = everybody = list(
        await asyncio.gather(*(town.person(name) for name in ("alice", "bob", "carol", "dave")), town.browser("eve"))
    )
    await creates_room(alice, [])
    link = await makes_a_link(alice)
    await registers_to_join(eve, link)
    await album.show(eve.page, "join")
    await asyncio.gather(comes_in(eve), *(joins(guest, link) for guest in (bob, carol, dave)))
    await expect(panel(alice).get_by_role("heading", name="5 people")).to_be_visible()

    await talk(everybody, tmp_path)
    await album.show(dave.page, "room-of-five")
    await a_moderator_removes_eve(alice, bob, eve)
    for reader in (alice, carol, dave):
        await reader.reads(WITHOUT_EVE)
    phone = await a_second_browser(town, [alice, bob, carol, dave])
    await leaves_and_ends(alice, bob, phone)

    for gone, why in ((bob, "You left this room"), (eve, "bob removed you")):
        before = await gone.timeline()
        await gone.page.reload()
        await expect(gone.log.locator("[data-message]")).to_have_count(len(before))
        assert await gone.timeline() == before
        await cannot_write(gone, why)
    assert ON_THE_PHONE in await bob.timeline()
    await expect(eve.page.get_by_text(WITHOUT_EVE)).to_have_count(0)

    town.house.app.stop()  # what is only in the journal goes into the file
    secret_part = link.partition("#")[2]
    places = {
        "database and logs": town.house.everything_kept(),
        "answers and frames": b"\0".join(chunk for browser in [*everybody, phone] for chunk in browser.heard),
    }
    assert b"carol" in places["database and logs"]
    assert b"room_updated" in places["answers and frames"]
    for secret in (*SECRETS, secret_part):
        for place, content in places.items():
            assert not [one for one in spellings(secret) if one in content], f"{place} holds {secret!r}"
