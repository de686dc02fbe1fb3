"""A file from one browser to another: what people see, and what it costs.

`FILE_MEGABYTES` sends a larger one; with `-s` both services' memory is told.
"""

from __future__ import annotations

import asyncio
import os
import struct
import zlib
from pathlib import Path
from typing import Final

import psutil
import pytest
from playwright.async_api import expect

from tests.e2e.album import Album
from tests.e2e.people import Browser, Town
from tests.processes import House

pytestmark = pytest.mark.browser

MEGABYTES: Final = int(os.environ.get("FILE_MEGABYTES", "3"))
_WAIT_MS: Final = 180_000 + 10_000 * MEGABYTES


def _png(width: int, height: int) -> bytes:
    """A picture of slanted stripes."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(
        b"\0" + b"".join(bytes(((x + y) // 2 % 256, x % 256, 160)) for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


async def _attaches(browser: Browser, *files: Path) -> None:
    await expect(browser.page.get_by_role("button", name="Attach files")).to_be_enabled()
    await browser.page.locator("input[data-attach]").set_input_files(files)


async def test_a_picture_is_seen_before_and_after_it_is_fetched(town: Town, tmp_path: Path, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    picture = tmp_path / "the pond in may.png"
    picture.write_bytes(_png(640, 400))

    await _attaches(alice, picture)
    shown = bob.log.get_by_role("button", name="Show the pond in may.png")
    await expect(shown).to_be_visible()
    await expect(shown.locator("img")).to_have_js_property("naturalWidth", 360)
    await expect(bob.row("alice")).to_contain_text("the pond in may.png")
    await album.show(bob.page, "file")
    await album.show(alice.page, "file-sent")
    await shown.click()
    dialog = bob.page.get_by_role("dialog", name="the pond in may.png")
    await expect(dialog.get_by_role("img")).to_have_js_property("naturalWidth", 640)
    await album.show(bob.page, "file-preview")
    await dialog.get_by_role("button", name="Close").click()
    async with bob.page.expect_download() as download:
        await bob.log.get_by_role("button", name="Save").click()
    saved = await download.value
    assert saved.suggested_filename == "the pond in may.png"
    _is_the_same(await saved.path(), picture)
    _is_ciphertext(town.house, picture)


def _is_the_same(saved: Path, sent: Path) -> None:
    assert saved.read_bytes() == sent.read_bytes()


def _is_ciphertext(house: House, picture: Path) -> None:
    """Nothing of name or content is on the server's disk."""
    content = picture.read_bytes()[64:96]
    for file in house.folder.rglob("*"):
        if file.is_file():
            stored = file.read_bytes()
            assert content not in stored, file
            assert b"the pond" not in stored, file


async def test_a_file_goes_on_where_the_connection_was_lost(town: Town, tmp_path: Path, album: Album) -> None:
    alice, bob = await town.friends("alice", "bob")
    minutes = tmp_path / "minutes.bin"
    minutes.write_bytes(os.urandom(MEGABYTES * 1_048_576))
    memory = asyncio.create_task(_highest_memory(town.house))

    await _attaches(alice, minutes)
    upload = alice.page.get_by_role("list", name="Files on their way")
    await expect(upload).to_contain_text("minutes.bin")
    await alice.page.context.set_offline(True)
    await expect(upload).to_contain_text("Goes on when you are back online")
    await album.show(alice.page, "file-offline")
    await alice.page.context.set_offline(False)
    await expect(bob.log.get_by_text("minutes.bin")).to_be_visible(timeout=_WAIT_MS)
    async with bob.page.expect_download(timeout=_WAIT_MS) as download:
        await bob.log.get_by_role("button", name="Save").click()
    saved = await download.value
    _is_the_same(await saved.path(), minutes)
    memory.cancel()
    before, most = await memory
    print(f"{MEGABYTES} MiB up and down: services {before} MB before, {most} MB at most")


async def _highest_memory(house: House) -> tuple[int, int]:
    """Of both services together, in MB: at first and at most until it is cancelled."""
    processes = [psutil.Process(service.pid) for service in (house.app, house.quantum)]

    def now() -> int:
        return int(sum(process.memory_info().rss for process in processes)) // 1_000_000

    before = most = now()
    try:
        while True:
            await asyncio.sleep(0.2)
            most = max(most, now())
    except asyncio.CancelledError:
        return before, most
