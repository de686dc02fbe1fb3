"""Another password, a forgotten one, and what becomes of the sign-ins before it (PROTOCOL.md 2.4, 2.5)."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.curl import Curl
from tests.e2e.people import PASSWORD, Browser, Town

pytestmark = pytest.mark.browser

BETTER = "harbour-otter-41-violin"
BEST = "granite-teapot-93-window"


async def _changes_password(browser: Browser, present: str, new: str) -> None:
    await browser.page.goto(f"{browser.town.house.url}/account")
    await browser.page.get_by_role("button", name="Change password").click()
    await browser.page.get_by_label("Present password", exact=True).fill(present)
    await browser.page.get_by_label("New password", exact=True).fill(new)
    await browser.page.get_by_role("button", name="Change it and sign out the others").click()
    await expect(browser.page.get_by_text("The new password counts")).to_be_visible()


async def _recovers(browser: Browser, code: str, new: str) -> None:
    await browser.page.get_by_role("link", name="Forgot your password?").click()
    await browser.page.get_by_label("Name or e-mail").fill(browser.name)
    typed = browser.page.get_by_label("Recovery code", exact=True)
    await typed.fill(code[:-1] + "1")
    await expect(browser.page.get_by_text("There is a slip in this code")).to_be_visible()
    await typed.fill(" ".join(code.split()).lower())
    await expect(browser.page.get_by_text("The code is complete.")).to_be_visible()
    await browser.page.get_by_role("button", name="Continue").click()
    await browser.page.get_by_label("New password", exact=True).fill(new)
    await browser.page.get_by_role("button", name="Set password and sign in").click()
    await browser.is_signed_in()


async def _is_told_that_it_changed(browser: Browser) -> None:
    await expect(browser.page.get_by_text("Your password was changed in another browser")).to_be_visible()


async def test_a_password_is_changed_then_forgotten_and_the_printed_code_opens_the_account(town: Town) -> None:
    alice = await town.browser("alice")
    code = await alice.register()
    laptop = await town.browser("alice", "laptop")
    await laptop.sign_in()
    await laptop.is_signed_in()

    await _changes_password(alice, PASSWORD, BETTER)
    await _is_told_that_it_changed(laptop)
    await laptop.sign_in()
    await expect(laptop.page.get_by_text("That name and password do not belong together")).to_be_visible()
    await laptop.sign_in(BETTER)
    await laptop.is_signed_in()
    await alice.page.reload()
    await alice.is_signed_in()

    phone = await town.browser("alice", "phone")
    await _recovers(phone, code, BEST)
    for browser in (alice, laptop):
        await _is_told_that_it_changed(browser)
    for old in (PASSWORD, BETTER):
        Curl(town.house.url).post("/api/login", {"username": "alice", "password": old}).expect(401)
    await alice.sign_in(BEST)
    await alice.is_signed_in()

    # The phone was lost: it is signed out, and the code that was typed there is replaced.
    await alice.page.goto(f"{town.house.url}/account")
    await alice.page.get_by_role("button", name="Remove browser 3").click()
    await alice.page.get_by_label("Your password, to sign").fill(BEST)
    await alice.page.get_by_role("button", name="Remove this browser for good").click()
    await expect(phone.page.get_by_text("This browser was removed from your account")).to_be_visible()
    await alice.page.get_by_role("button", name="New recovery code").click()
    await alice.page.get_by_label("Your password", exact=True).fill(BEST)
    await alice.page.get_by_role("button", name="Show a new code").click()
    newer = await alice.page.get_by_role("group", name="Recovery code").inner_text()
    await alice.page.get_by_label("I have kept it in a safe place").check()
    await alice.page.get_by_role("button", name="Replace the old code").click()
    await expect(alice.page.get_by_text("The new recovery code counts")).to_be_visible()
    await _recovers(laptop, newer, PASSWORD)
    await _is_told_that_it_changed(alice)
