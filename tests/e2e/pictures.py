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


def pdf(*colours: tuple[int, int, int]) -> bytes:
    """A document with a page for each colour, and a word on it in a font that it does not bring along."""
    pages = range(4, 4 + 2 * len(colours), 2)
    kids = " ".join(f"{number} 0 R" for number in pages)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(colours)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, colour in zip(pages, colours, strict=True):
        red, green, blue = (part / 255 for part in colour)
        drawn = f"{red} {green} {blue} rg 50 50 200 300 re f BT /F1 24 Tf 50 370 Td (Agenda) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents {number + 1} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    written = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


async def attaches(browser: Browser, *files: Path) -> None:
    await expect(browser.page.get_by_role("button", name="Attach files")).to_be_enabled()
    await browser.page.locator("input[data-attach]").set_input_files(files)
