"""A conversation of thousands of messages: one begins where one had read to, and nothing moves what one is reading."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from tests.e2e.people import Browser, Town

pytestmark = pytest.mark.browser

COUNT: Final = 1200
READ: Final = 600
MOST_ROWS: Final = 310

# As the client itself would have written them: sealed under the store's key, their names as additional data.
_FILL: Final = """async ([id, count, read]) => {
  const [{ name }] = (await indexedDB.databases()).filter((it) => it.name.startsWith("quantumchat-"));
  const database = await new Promise((done) => {
    indexedDB.open(name).onsuccess = ({ target }) => done(target.result);
  });
  const ask = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const records = (mode = "readonly") => database.transaction("records", mode).objectStore("records");
  const key = await ask(database.transaction("keys").objectStore("keys").get("storage"));
  const cipher = (iv, place) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) });
  const open = async (place) => {
    const sealed = await ask(records().get(place));
    const opened = await crypto.subtle.decrypt(cipher(sealed.slice(0, 12), place), key, sealed.slice(12));
    return JSON.parse(new TextDecoder().decode(opened));
  };
  const seal = async (place, value) => {
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    const sealed = new Uint8Array(await crypto.subtle.encrypt(cipher(nonce, place), key, text));
    return [place, new Uint8Array([...nonce, ...sealed])];
  };
  const record = await open(`conversation/${id}`);
  const { last, verifiedSeq } = record;
  const written = [];
  for (let number = 1; number <= count; number++) {
    const seq = verifiedSeq + number;
    const clientId = `0190a000-0000-7000-8000-${String(number).padStart(12, "0")}`;
    const place = `entry/${id}/${String(seq).padStart(12, "0")}/0000`;
    const text = `Number ${number}.${" And a few words more.".repeat(number % 7)}`;
    const entry = { ...last, key: `message/${last.senderDeviceId}/${clientId}`, clientId, seq, text };
    entry.time = new Date(Date.parse(last.time) + number * 20_000).toISOString();
    written.push(await seal(place, entry), await seal(`message/${id}/${last.senderDeviceId}/${clientId}`, place));
    record.last = entry;
  }
  const unread = Array.from({ length: count - read }, (_, index) => verifiedSeq + read + 1 + index);
  const seq = verifiedSeq + count;
  Object.assign(record, { verifiedSeq: seq, readSeq: verifiedSeq + read, unread, entry: { seq, index: 0 } });
  written.push(await seal(`conversation/${id}`, record));
  const store = records("readwrite");
  for (const [place, sealed] of written) store.put(sealed, place);
  await new Promise((done) => { store.transaction.oncomplete = done; });
  return `${last.senderDeviceId}.0190a000-0000-7000-8000-`;
}"""

# Where the row is that is first on the page, and which rows are loaded.
_SEEN: Final = """(log, id) => {
  const page = log.getBoundingClientRect();
  const rows = [...log.querySelectorAll("[data-row]")];
  const row = rows.find((it) => id ? it.dataset.row === id : it.getBoundingClientRect().bottom > page.top);
  const ends = [rows[0].dataset.row, rows.at(-1).dataset.row];
  return { id: row.dataset.row, y: row.getBoundingClientRect().top - page.top, ends, count: rows.length };
}"""

# To 300 px before the start or end of what is loaded, while nothing is being fetched.
_NEAR: Final = f"""async (log, end) => {{
  while (log.ariaBusy === "true") await new Promise(requestAnimationFrame);
  log.scrollTop = end === 0 ? 300 : log.scrollHeight - log.clientHeight - 300;
  return ({_SEEN})(log, null);
}}"""


async def stays_where_it_is(browser: Browser, end: int) -> None:
    """Near the start (0) or end (1) of what is loaded, more comes, and the message that one reads does not move."""
    before = await browser.log.evaluate(_NEAR, end)
    await expect(browser.log.locator("[data-row]").nth(-end)).not_to_have_attribute("data-row", before["ends"][end])
    after = await browser.log.evaluate(_SEEN, before["id"])
    assert abs(after["y"] - before["y"]) <= 1
    assert after["count"] <= MOST_ROWS


async def test_thousands_of_messages_without_losing_ones_place(town: Town) -> None:
    alice, bob = await town.friends("alice", "bob")
    await alice.writes("the first of many")
    await bob.reads("the first of many")
    address = bob.path
    await bob.page.goto(town.url + "/people")
    ids = await bob.page.evaluate(_FILL, [address.removeprefix("/c/"), COUNT, READ])
    # From here on this browser is alone with what it keeps.
    await bob.page.route("**/api/**", lambda route: route.abort())
    await bob.page.goto(town.url + address)

    line = bob.page.get_by_role("separator", name="Unread from here")
    await expect(line).to_be_in_viewport()
    newest = bob.page.get_by_role("button", name="go to the newest message")
    await expect(newest).to_have_text(f"{COUNT - READ} new")
    for end in (0, 0, 0, 1):
        await stays_where_it_is(bob, end)

    # What is above grows, as a picture does when it has come.
    before = await bob.log.evaluate(_SEEN, None)
    await bob.log.locator("[data-row]").first.evaluate("(row) => { row.style.paddingTop = '240px' }")
    await bob.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert abs((await bob.log.evaluate(_SEEN, before["id"]))["y"] - before["y"]) <= 1

    await newest.click()
    await expect(bob.log.get_by_text(f"Number {COUNT}.")).to_be_in_viewport()
    await expect(newest).to_have_count(0)
    await bob.page.goto(f"{town.url}{address}?message={ids}{17:012d}")
    await expect(bob.log.get_by_text("Number 17.")).to_be_in_viewport()
