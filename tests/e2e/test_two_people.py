"""Two people in two browsers, one private conversation."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.people import Town

pytestmark = pytest.mark.browser


async def test_they_write_to_each_other_and_a_reload_keeps_it(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")

    await alice.writes("Coffee at nine?")
    await bob.reads("Coffee at nine?")
    await bob.writes("Nine is fine ☕")
    await alice.reads("Nine is fine ☕")
    await alice.sees_state("Coffee at nine?", "delivered")
    before = await alice.timeline()

    await alice.page.reload()
    await alice.reads("Nine is fine ☕")
    assert await alice.timeline() == before
    await alice.writes("See you there")
    await bob.reads("See you there")
    assert await bob.timeline() == [*before, "See you there"]


async def test_what_was_sent_to_somebody_away_arrives_on_return(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await bob.close()

    await alice.writes("The key is under the stone")
    await alice.sees_state("The key is under the stone", "sent")
    await bob.open()
    await expect(bob.page).to_have_title("(1) QuantumChat")
    await expect(bob.row("alice")).to_contain_text("1 unread message")
    await bob.opens("alice")

    await bob.reads("The key is under the stone")
    await alice.sees_state("The key is under the stone", "delivered")
    await expect(bob.page).to_have_title("alice · QuantumChat")


async def test_many_messages_both_ways_arrive_once_and_in_one_order(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")

    async def write_all(who: str) -> None:
        writer = alice if who == "a" else bob
        for number in range(15):
            await writer.writes(f"{who} {number}")

    await asyncio.gather(write_all("a"), write_all("b"))
    for number in range(15):
        await alice.reads(f"b {number}")
        await bob.reads(f"a {number}")
    await alice.page.reload()
    await bob.page.reload()
    await alice.reads("a 14")
    await bob.reads("a 14")
    assert await alice.timeline() == await bob.timeline()
    for who in "ab":
        assert [text for text in await alice.timeline() if text.startswith(who)] == [f"{who} {n}" for n in range(15)]


async def test_both_see_the_same_safety_number_and_not_verified(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    numbers = []
    for person in (alice, bob):
        await person.page.get_by_role("link", name="Details").click()
        details = person.page.get_by_role("complementary")
        await expect(details).to_contain_text("Not verified")
        number = details.get_by_role("img", name="Safety number")
        numbers.append("".join((await number.inner_text()).split()))
    assert numbers[0] == numbers[1]
    assert re.fullmatch(r"\d{60}", numbers[0])


async def test_new_keys_on_demand_and_the_end_for_both(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.page.get_by_role("link", name="Details").click()
    await alice.page.get_by_text("Keys and algorithms").click()
    await alice.page.get_by_role("button", name="Make new keys").click()
    await expect(alice.log).to_contain_text("You made new keys for this conversation.")
    await expect(bob.log).to_contain_text("alice made new keys for this conversation.")
    await bob.writes("Still with me?")
    await alice.reads("Still with me?")

    await alice.page.get_by_role("button", name="End conversation").click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="End conversation for both").click()
    await expect(bob.page.get_by_text("alice ended this conversation.").first).to_be_visible()
    await expect(bob.page.get_by_role("textbox", name="Message to")).to_have_count(0)
    await bob.reads("Still with me?")


async def test_a_second_browser_is_added_to_what_was_there_and_joins_what_begins_after_it(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    carol = await town.person("carol")
    second = await town.browser("alice", profile="alice-second")
    await second.sign_in()
    await second.is_signed_in()

    await second.opens("bob")
    await expect(second.log).to_contain_text("from before this browser was added. Your other browser has them.")
    await second.writes("From the new one")
    await bob.reads("From the new one")

    await carol.asks("alice")
    await alice.accepts("carol")
    await carol.opens("alice")
    await carol.writes("Hello, both of you")
    for browser in (alice, second):
        await browser.opens("carol")
        await browser.reads("Hello, both of you")
    await second.writes("From the other one")
    await alice.reads("From the other one")
    await carol.reads("From the other one")


async def test_signing_out_keeps_the_messages_and_removing_the_browser_erases_them(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await bob.writes("Keep this")
    await alice.reads("Keep this")
    await alice.sign_out()
    await expect(alice.page.get_by_text("This browser keeps the messages of alice, sealed.")).to_be_visible()
    await alice.sign_in()
    await alice.is_signed_in()
    await alice.opens("bob")
    await alice.reads("Keep this")

    before = set(await alice.databases())
    assert "quantumchat" in before
    assert len(before) == 2  # the index of accounts, and alice's store
    await alice.page.goto(f"{town.house.url}/account")
    await alice.page.get_by_role("button", name="Remove this browser").click()
    dialog = alice.page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill("orbit-lantern-7-mosaic")
    await dialog.get_by_role("button", name="Erase messages and keys here").click()
    await expect(alice.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(alice.page.get_by_text("This browser keeps the messages")).to_have_count(0)
    assert await alice.databases() == ["quantumchat"]


async def test_a_blocked_person_does_not_get_through_until_unblocked(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.page.get_by_role("link", name="Details").click()
    await alice.page.get_by_role("button", name="Block").click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="Block").click()
    await expect(alice.page.get_by_text("You have blocked bob")).to_be_visible()
    await alice.page.get_by_role("main").get_by_role("button", name="Unblock").click()
    await alice.writes("Sorry, wrong button")
    await bob.reads("Sorry, wrong button")
