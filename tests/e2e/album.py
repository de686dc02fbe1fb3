"""Pages at wide and narrow, light and dark: nothing is cut off sideways. `SCREENSHOTS` names a folder for pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Page, ViewportSize

WIDTHS: Final = (1440, 1024, 390, 360)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
HEIGHTS: Final = {1440: 900, 1024: 768, 390: 844, 360: 740}
PICTURED: Final = {1440, 390}


class Album:
    """Shows a page in all sizes and schemes, and looks at each."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.seen: list[str] = []

    async def show(self, page: Page, name: str) -> None:
        before = page.viewport_size
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in WIDTHS:
                await page.set_viewport_size(ViewportSize(width=width, height=HEIGHTS[width]))
                await asyncio.sleep(0.15)  # a frame to lay out, and tooltips to go
                wide = await page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} px wide in {width}, {scheme}"
                if self._folder is not None and width in PICTURED:
                    await page.screenshot(path=self._folder / f"{name}-{width}-{scheme}.png")
        await page.emulate_media(color_scheme="light", reduced_motion=None)
        if before is not None:
            await page.set_viewport_size(before)
        self.seen.append(name)
