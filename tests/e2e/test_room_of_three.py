"""Three people in three browsers, one room: roles, a removal, leaving, the end; and what the services keep of it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.people import Browser, Town
from tests.e2e.room_steps import NAME, TOPIC, choose, confirm, creates_room, details, neighbours, panel
from tests.e2e.test_secrecy import spellings

pytestmark = pytest.mark.browser

WELCOME = "the hide is behind the third willow"
FROM_BOB = "bring the green telescope"
FROM_CAROL = "thermos and blankets are with me"
WITHOUT_CAROL = "carol told the papers about the nest"
LAST = "the nest moves to the northern shore"


async def cannot_write(browser: Browser, why: str) -> None:
    await expect(browser.page.get_by_text(why, exact=True)).to_be_visible()
    await expect(browser.page.get_by_role("textbox", name="Message to")).to_have_count(0)


async def test_p10_1_three_people_a_moderator_a_removal_and_the_end_of_a_room(town: Town) -> None:
    alice, bob, carol = everybody = await neighbours(town)
    await creates_room(alice, [bob.name, carol.name])
    for guest in (bob, carol):
        await guest.opens(NAME)
        await expect(guest.page.get_by_role("main")).to_contain_text(TOPIC)
    for writer, text in ((alice, WELCOME), (bob, FROM_BOB), (carol, FROM_CAROL)):
        await writer.writes(text)
        for reader in everybody:
            await reader.reads(text)

    for member in everybody:
        await details(member)
    await expect(panel(bob).get_by_role("button", name="What to do about carol")).to_have_count(0)
    await choose(alice, "bob", "Make moderator")
    await expect(carol.log).to_contain_text("alice made bob a moderator")

    await choose(bob, "carol", "Remove…")
    await confirm(bob, "Remove carol")
    await cannot_write(carol, "bob removed you")
    await expect(carol.log).to_contain_text("bob removed you.")
    await expect(alice.log).to_contain_text("bob removed carol.")
    await bob.writes(WITHOUT_CAROL)
    await alice.reads(WITHOUT_CAROL)
    await bob.sees_state(WITHOUT_CAROL, "delivered")
    await expect(bob.log).to_contain_text("You removed carol.")

    await panel(bob).get_by_role("button", name="Leave room").click()
    await confirm(bob, "Leave room")
    await cannot_write(bob, "You left this room")
    await expect(alice.log).to_contain_text("bob left")
    await alice.writes(LAST)
    await alice.sees_state(LAST, "sent")
    await panel(alice).get_by_role("button", name="Delete room for everybody").click()
    await alice.page.get_by_role("dialog").get_by_role("textbox", name="To delete it, type its name").fill(NAME)
    await confirm(alice, "Delete room for everybody")
    await cannot_write(alice, "You deleted this room")

    for gone, last_read in ((bob, WITHOUT_CAROL), (carol, FROM_CAROL)):
        before = await gone.timeline()
        assert before[-1] == last_read
        await gone.page.reload()
        await gone.reads(last_read)
        assert await gone.timeline() == before
    await cannot_write(carol, "bob removed you")
    await cannot_write(bob, "You left this room")

    town.house.app.stop()  # what is only in the journal goes into the file
    places = {
        "database and logs": town.house.everything_kept(),
        "answers and frames": b"\0".join(chunk for browser in everybody for chunk in browser.heard),
    }
    assert b"carol" in places["database and logs"]
    assert b"room_updated" in places["answers and frames"]
    for secret in (NAME, TOPIC, WELCOME, FROM_BOB, FROM_CAROL, WITHOUT_CAROL, LAST):
        for place, content in places.items():
            assert not [one for one in spellings(secret) if one in content], f"{place} holds {secret!r}"
