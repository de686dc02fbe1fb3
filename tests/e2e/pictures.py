"""Files that people send from their browsers."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from playwright.async_api import expect

from tests.e2e.people import Browser

PLACE: Final = b"52.5200 N 13.4050 E"
"""What `photo` says of where it was taken."""


async def photo(browser: Browser) -> bytes:
    """A JPEG on its side, as a phone makes it: upright by its Exif data, which say where it was taken."""
    drawn = await browser.page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(640, 400);
            const paint = canvas.getContext("2d");
            const colours = paint.createLinearGradient(0, 0, 640, 400);
            ["#204080", "#60a0a0", "#e0d0a0"].forEach((colour, at) => colours.addColorStop(at / 2, colour));
            paint.fillStyle = colours;
            paint.fillRect(0, 0, 640, 400);
            const blob = await canvas.convertToBlob({ type: "image/jpeg" });
            return [...new Uint8Array(await blob.arrayBuffer())];
        }"""
    )
    orientation = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + orientation + PLACE
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + bytes(drawn[2:])


async def attaches(browser: Browser, *files: Path) -> None:
    await expect(browser.page.get_by_role("button", name="Attach files")).to_be_enabled()
    await browser.page.locator("input[data-attach]").set_input_files(files)
