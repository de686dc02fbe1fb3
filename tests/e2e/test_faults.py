"""Services are killed while people write: nothing is lost, and the client says what it does."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.people import Town

pytestmark = pytest.mark.browser

WAITS_FOR_RANDOMNESS = "The service that adds fresh randomness is away. Keys are made when it is back"

JOINS_BY_ITSELF = "The signing service is away. This browser joins your account by itself when it is back."


async def test_app_service_killed_in_mid_conversation_loses_nothing(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("before")
    await bob.reads("before")

    town.house.app.kill()
    for person in (alice, bob):
        await expect(person.page.get_by_role("status").filter(has_text="Server unreachable")).to_be_visible()
    await alice.writes("from alice, meanwhile")
    await bob.writes("from bob, meanwhile")
    await alice.sees_state("from alice, meanwhile", "waiting")
    await expect(alice.log).to_contain_text("Sent when you are back online")

    await asyncio.to_thread(town.house.app.start)
    await bob.reads("from alice, meanwhile")
    await alice.reads("from bob, meanwhile")
    await alice.sees_state("from alice, meanwhile", "delivered")
    await expect(alice.page.get_by_role("status").filter(has_text="Server unreachable")).to_have_count(0)
    await alice.page.reload()
    await bob.page.reload()
    await alice.reads("before")
    await bob.reads("before")
    assert await alice.timeline() == await bob.timeline()


async def test_killed_again_and_again_while_messages_fly_each_arrives_once(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    texts = [f"message {number}" for number in range(20)]

    async def write_all() -> None:
        for text in texts:
            await alice.writes(text)

    writing = asyncio.create_task(write_all())
    for _ in range(3):
        await asyncio.sleep(1)
        town.house.app.kill()
        await asyncio.to_thread(town.house.app.start)
    await writing

    await bob.reads(texts[-1])
    await alice.sees_state(texts[-1], "delivered")
    for person in (alice, bob):
        assert await person.timeline() == texts
        await person.page.reload()
        await person.reads(texts[-1])
        assert await person.timeline() == texts


async def test_what_waits_in_a_closed_browser_goes_out_when_it_opens(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    town.house.app.kill()
    await alice.writes("written in the tunnel")
    await alice.sees_state("written in the tunnel", "waiting")
    await alice.close()
    await asyncio.to_thread(town.house.app.start)
    await alice.open()
    await bob.reads("written in the tunnel")


async def test_without_quantum_service_a_session_goes_on_and_a_new_one_waits_in_a_named_state(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    carol = await town.person("carol")

    town.house.quantum.kill()
    await alice.writes("still private")
    await bob.reads("still private")
    await bob.writes("still here")
    await alice.reads("still here")

    await carol.asks("alice")
    await alice.accepts("carol")
    await carol.opens("alice")
    for person, other in ((alice, "carol"), (carol, "alice")):
        await person.opens(other)
        await expect(person.log).to_contain_text(WAITS_FOR_RANDOMNESS)
    await carol.writes("can you hear me?")
    await carol.sees_state("can you hear me?", "waiting")

    await asyncio.to_thread(town.house.quantum.start)
    await alice.reads("can you hear me?")
    await carol.sees_state("can you hear me?", "delivered")


async def test_without_quantum_service_keys_are_renewed_without_its_contribution(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    town.house.quantum.kill()
    await alice.page.get_by_role("link", name="Details").click()
    await alice.page.get_by_text("Keys and algorithms").click()
    await alice.page.get_by_role("button", name="Make new keys").click()
    await expect(bob.log).to_contain_text("alice made new keys for this conversation.")
    await bob.writes("with new keys")
    await alice.reads("with new keys")


async def test_an_account_made_without_quantum_service_is_completed_when_it_is_back(town: Town) -> None:
    alice = await town.person("alice")
    town.house.quantum.kill()
    bob = await town.person("bob")
    joining = bob.page.get_by_role("status").filter(has_text=JOINS_BY_ITSELF)
    await expect(joining).to_be_visible()
    await bob.looks_for("alice")
    await expect(bob.page.get_by_role("main")).to_contain_text("People appear here by themselves")

    await asyncio.to_thread(town.house.quantum.start)
    # The browser becomes a device, and the search is answered, by itself.
    await expect(bob.page.get_by_role("button", name="Connect with alice")).to_be_visible()
    await expect(joining).to_have_count(0)
    await bob.asks("alice")
    await alice.accepts("bob")
    await alice.opens("bob")
    await alice.writes("now you are here")
    await bob.opens("alice")
    await bob.reads("now you are here")


async def test_p2_1_a_reset_database_is_named_and_people_start_afresh(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("from before")
    await bob.reads("from before")
    town.house.app.kill()
    town.house.forget()
    await asyncio.to_thread(town.house.app.start)

    for person in (alice, bob):
        await expect(person.page.get_by_text("Another server answers here now")).to_be_visible()
    await alice.sign_in()
    await expect(alice.page.get_by_role("alert")).to_contain_text("does not have the name that this browser remembers")
    await bob.page.get_by_role("button", name="Erase what is kept").click()
    await bob.page.get_by_role("dialog").get_by_role("button", name="Erase messages and keys here").click()
    await expect(bob.page.get_by_text("Another server answers here now")).to_have_count(0)
    assert await bob.databases() == ["quantumchat"]

    await alice.page.get_by_role("link", name="Make a new account").click()
    await asyncio.gather(alice.register(), bob.register())
    assert len(await alice.databases()) == 3  # the index of accounts, the former store, sealed, and the new one
    await alice.sign_out()
    await alice.sign_in()
    await alice.is_signed_in()
    await alice.asks("bob")
    await bob.accepts("alice")
    await bob.opens("alice")
    await bob.writes("and again")
    await alice.opens("bob")
    await alice.reads("and again")
    assert await alice.timeline() == ["and again"]
