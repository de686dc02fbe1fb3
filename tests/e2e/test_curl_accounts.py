"""One account, with `curl` and in the browser (PROTOCOL.md 2.2, 4.1)."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.curl import Curl
from tests.e2e.people import PASSWORD, Browser, Town

pytestmark = pytest.mark.browser

RAW = {"username": "testuser", "email": "test@example.com", "password": "password123"}


async def _waiting_session(town: Town) -> tuple[Browser, Curl]:
    """alice in a browser and testuser by curl, connected."""
    alice = await town.person("alice")
    curl = Curl(town.house.url)
    tokens = curl.post("/api/register", RAW).expect(201)
    curl.token = tokens["access_token"]
    await alice.asks("testuser")
    [request] = curl.get("/api/connection/pending").expect(200)["items"]
    curl.post("/api/connection/respond", {"request_id": request["id"], "accept": True}).expect(200)
    return alice, curl


async def test_an_account_made_by_curl_signs_in_in_the_browser_and_its_session_goes_on(town: Town) -> None:
    alice, curl = await _waiting_session(town)
    [session] = curl.get("/api/sessions").expect(200)["items"]
    assert session["state"] == "waiting_for_devices"
    await alice.opens("testuser")
    await expect(alice.log).to_contain_text("testuser has not opened QuantumChat in a browser yet")
    await alice.writes("welcome, when you come")
    await alice.sees_state("welcome, when you come", "waiting")

    browser = await town.browser("testuser")
    await browser.sign_in(RAW["password"])
    await expect(browser.page.get_by_text("the server has seen its password")).to_be_visible()
    await browser.page.get_by_label("New password", exact=True).fill(PASSWORD)
    await browser.page.get_by_role("button", name="Use the new password").click()
    await browser.keeps_recovery_code()

    await browser.opens("alice")
    await browser.reads("welcome, when you come")
    await browser.writes("here I am")
    await alice.reads("here I am")
    [session] = Curl(town.house.url).signed_in("testuser", PASSWORD).get("/api/sessions").expect(200)["items"]
    assert session["state"] == "active"
    Curl(town.house.url).post("/api/login", {"username": "testuser", "password": RAW["password"]}).expect(401)


async def test_the_present_password_may_stay(town: Town) -> None:
    alice, _ = await _waiting_session(town)
    browser = await town.browser("testuser")
    await browser.sign_in(RAW["password"])
    await browser.page.get_by_role("button", name="Keep the present one").click()
    await browser.keeps_recovery_code()
    await browser.opens("alice")
    await browser.writes("same as before")
    await alice.opens("testuser")
    await alice.reads("same as before")
    await browser.sign_out()
    await browser.sign_in(RAW["password"])
    await browser.is_signed_in()


async def test_a_web_account_logs_in_by_curl(town: Town) -> None:
    await town.person("alice")
    curl = Curl(town.house.url).signed_in("alice", PASSWORD)
    me = curl.get("/api/users/me").expect(200)
    assert (me["username"], me["password_origin"], me["has_vault"]) == ("alice", "browser", True)
    Curl(town.house.url).post("/api/login", {"username": "alice", "password": PASSWORD + "!"}).expect(401)
