"""What a browser kept is set back or deleted: it says so, and both go on reading each other (PROTOCOL.md 9)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.people import Town

pytestmark = pytest.mark.browser


async def test_p9_1_an_old_copy_of_a_profile_encrypts_nothing_says_what_it_is_and_is_added_again(
    town: Town, tmp_path: Path
) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("in both copies")
    await bob.reads("in both copies")
    await alice.close()
    copy = shutil.copytree(alice.profile, tmp_path / "copy")
    await alice.open()
    await alice.opens("bob")
    await alice.writes("after the copy")
    await bob.reads("after the copy")
    await alice.close()

    shutil.rmtree(alice.profile)
    # Its sign-in is over by then: refresh tokens are used once.
    shutil.copytree(copy, alice.profile, ignore=shutil.ignore_patterns("Cookies*"))
    await alice.open()
    await expect(alice.page.get_by_text("This browser keeps the messages of alice, sealed.")).to_be_visible()
    await alice.sign_in()
    await alice.opens("bob")
    await expect(alice.log).to_contain_text("This is an old copy of this browser’s data.")
    await expect(alice.log).to_contain_text("bob added this browser again.")
    await alice.writes("with new keys")
    await bob.reads("with new keys")
    await bob.writes("read you")
    await alice.reads("read you")
    assert await bob.timeline() == ["in both copies", "after the copy", "with new keys", "read you"]
    assert await alice.timeline() == ["in both copies", "with new keys", "read you"]


async def test_p9_2_a_browser_whose_data_is_deleted_says_so_and_starts_anew(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    # A page of the same site without the client: an open one would notice at once, and say it before the reload.
    await alice.page.goto(f"{town.house.url}/api/health/live")
    await alice.page.evaluate(
        """async () => {
          for (const { name } of await indexedDB.databases()) {
            if (!name.startsWith("quantumchat-")) continue;
            await new Promise((done, failed) => Object.assign(indexedDB.deleteDatabase(name),
              { onsuccess: done, onerror: failed }));
          }
        }"""
    )
    await alice.page.goto(town.house.url)
    await expect(alice.page.get_by_text("What this browser kept for you was deleted")).to_be_visible()
    await alice.sign_in()
    await alice.opens("bob")
    await expect(alice.log).to_contain_text("from before this browser was added")
    await alice.writes("from a new browser")
    await bob.reads("from a new browser")
    await bob.writes("welcome back")
    await alice.reads("welcome back")
