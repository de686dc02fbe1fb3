"""A file from one browser to another: what people see, and what it costs.

`FILE_MEGABYTES` sends a larger one; with `-s` the memory of services and browsers is told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest
from playwright.async_api import Route, expect

from tests.e2e.album import Album
from tests.e2e.people import PATIENCE_MS, Browser, Town
from tests.e2e.pictures import PLACE, attaches, pdf, photo
from tests.processes import House

pytestmark = pytest.mark.browser

MEGABYTES: Final = int(os.environ.get("FILE_MEGABYTES", "3"))
_MOST_GROWTH: Final = 100
_MIDDLE: Final = """() => {
    const drawn = document.querySelector("canvas");
    const paint = new OffscreenCanvas(1, 1).getContext("2d");
    paint.drawImage(drawn, drawn.width / 2, drawn.height / 2, 1, 1, 0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
}"""
_WAIT_MS: Final = 180_000 + 10_000 * MEGABYTES


async def test_a_picture_is_seen_before_and_after_it_is_fetched(town: Town, tmp_path: Path, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    picture = tmp_path / "the pond in may.jpg"
    picture.write_bytes(await photo(alice))

    await attaches(alice, picture)
    shown = bob.log.get_by_role("button", name="Show the pond in may.jpg")
    await expect(shown).to_be_visible()
    await expect(shown.locator("img")).to_have_js_property("naturalHeight", 360)
    await expect(bob.row("alice")).to_contain_text("the pond in may.jpg")
    await album.show(bob.page, "file")
    await album.show(alice.page, "file-sent")
    await shown.click()
    dialog = bob.page.get_by_role("dialog", name="the pond in may.jpg")
    await expect(dialog.get_by_role("img")).to_have_js_property("naturalHeight", 640)
    await album.show(bob.page, "file-preview")
    await dialog.get_by_role("button", name="Close").click()
    saved = await _saved(bob)
    assert PLACE in picture.read_bytes()
    assert PLACE not in saved
    assert saved[-256:] == picture.read_bytes()[-256:]
    _is_ciphertext(town.house, saved)


async def _saved(browser: Browser) -> bytes:
    async with browser.page.expect_download(timeout=_WAIT_MS) as download:
        await browser.log.get_by_role("button", name="Save").click()
    return (await (await download.value).path()).read_bytes()


def _is_ciphertext(house: House, picture: bytes) -> None:
    """Nothing of name or content is on the server's disk."""
    for file in house.folder.rglob("*"):
        if file.is_file():
            stored = file.read_bytes()
            assert picture[-256:-224] not in stored, file
            assert b"the pond" not in stored, file


async def test_a_file_goes_on_where_the_connection_was_lost_or_the_page_was_closed(
    town: Town, tmp_path: Path, album: Album
) -> None:
    alice, bob = await town.friends("alice", "bob")
    minutes = tmp_path / "minutes.bin"
    minutes.write_bytes(os.urandom(MEGABYTES * 1_048_576))
    memory = asyncio.create_task(_highest_memory(town.house))

    sent = await _watched(alice)
    await attaches(alice, minutes)
    upload = alice.page.get_by_role("list", name="Files on their way")
    await expect(upload).to_contain_text("minutes.bin")
    await alice.page.context.set_offline(True)
    await expect(upload).to_contain_text("Goes on when you are back online")
    await album.show(alice.page, "file-offline")
    sent.way.set()
    await alice.page.context.set_offline(False)
    await sent.reload(alice)
    await expect(bob.log.get_by_text("minutes.bin")).to_be_visible(timeout=_WAIT_MS)
    await expect(upload).to_have_count(0)
    assert sent.numbers[0] == "1"
    fetched = await _watched(bob)
    await bob.log.get_by_role("button", name="Save").click()
    await fetched.reload(bob)
    await expect(bob.log.get_by_text("Fetched and checked")).to_be_visible(timeout=_WAIT_MS)
    await album.show(bob.page, "file-fetched")
    await expect(bob.log.locator("[data-file]")).to_have_count(1)
    assert await _saved(bob) == minutes.read_bytes()
    memory.cancel()
    services, browsers = await memory
    print(f"{MEGABYTES} MiB up and down: services {services}, browsers {browsers}")
    # A chunk of a mebibyte at a time, however large the file.
    assert services.growth < _MOST_GROWTH, services


async def test_a_pdf_is_drawn_where_nothing_can_be_reached(town: Town, tmp_path: Path, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    document = tmp_path / "agenda.pdf"
    document.write_bytes(pdf((0, 128, 0), (0, 0, 255)))

    await attaches(alice, document)
    await bob.log.get_by_role("button", name="Show").click()
    dialog = bob.page.get_by_role("dialog", name="agenda.pdf")
    await expect(dialog.get_by_text("Page 1 of 2")).to_be_visible()
    await album.show(bob.page, "file-pdf")
    frame = await dialog.locator("iframe").element_handle()
    drawn = await frame.content_frame()
    assert drawn is not None
    assert await drawn.evaluate(_MIDDLE) == [0, 128, 0, 255]
    assert await drawn.evaluate("self.origin") == "null"
    assert (
        await drawn.evaluate("(() => { try { indexedDB.open('x') } catch (e) { return e.name } })()") == "SecurityError"
    )
    await dialog.get_by_role("button", name="Next page").click()
    await expect(dialog.get_by_text("Page 2 of 2")).to_be_visible()
    assert await drawn.evaluate(_MIDDLE) == [0, 0, 255, 255]


class Chunks:
    """Chunks of files on their way from or to a page, held until the way is open; then the second gets lost, once."""

    def __init__(self) -> None:
        self.way = asyncio.Event()
        self.second = asyncio.Event()
        self.numbers: list[str] = []

    async def take(self, route: Route) -> None:
        number = route.request.url.rsplit("/", 1)[1]
        self.numbers.append(number)
        await self.way.wait()
        if number == "1" and not self.second.is_set():
            self.second.set()
        else:
            await route.continue_()

    async def reload(self, browser: Browser) -> None:
        """Loads the page again while the second chunk is on its way; the numbers begin again with it."""
        self.way.set()
        async with asyncio.timeout(PATIENCE_MS / 1000):
            await self.second.wait()
        self.numbers.clear()
        await browser.page.reload()


async def _watched(browser: Browser) -> Chunks:
    chunks = Chunks()
    await browser.page.route("**/chunks/*", chunks.take)
    return chunks


@dataclass
class Memory:
    """Resident memory of some processes together, in MB."""

    before: int
    most: int

    @property
    def growth(self) -> int:
        return self.most - self.before

    def note(self, now: int) -> None:
        self.most = max(self.most, now)


async def _highest_memory(house: House) -> tuple[Memory, Memory]:
    """Of both services, and of the browsers, at first and at most until it is cancelled."""
    pids = (house.app.pid, house.quantum.pid)
    own = psutil.Process()

    def now() -> tuple[int, int]:
        browsers = [each for each in own.children(recursive=True) if each.pid not in pids]
        return _resident(map(psutil.Process, pids)), _resident(browsers)

    services, browsers = (Memory(size, size) for size in now())
    try:
        while True:
            await asyncio.sleep(0.5)
            for memory, size in zip((services, browsers), now(), strict=True):
                memory.note(size)
    except asyncio.CancelledError:
        return services, browsers


def _resident(processes: Iterable[psutil.Process]) -> int:
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total // 1_000_000
