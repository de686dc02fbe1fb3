"""Pages at wide and narrow, light and dark: nothing is cut off sideways, a finger hits every target where it is narrow,
and axe finds nothing. `SCREENSHOTS` names a folder for pictures."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Page, ViewportSize

from shared.settings import PROJECT_ROOT

Scheme = Literal["light", "dark"]

WIDTHS: Final = (1440, 1024, 390, 360)
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
HEIGHTS: Final = {1440: 900, 1024: 768, 390: 844, 360: 740}
PICTURED: Final = {1440, 1024, 390}
EXAMINED: Final[tuple[tuple[Scheme, int], ...]] = (("light", 1440), ("dark", 390))
"""Where axe looks: it takes a good part of a second each time."""
TWO_PANES: Final = 700
TALL: Final = ViewportSize(width=390, height=2400)
"""Everything on a phone's page without scrolling."""

# From the middle of a target 21 px in each direction is the target still, or what belongs to it.
_MISSED: Final = """() => {
  const inText = (it) => getComputedStyle(it).display === "inline" && it.textContent !== it.parentElement.textContent;
  const hits = (target, x, y) => target.contains(document.elementFromPoint(x, y));
  const isMissed = (target) => {
    const { x, y, width, height } = target.getBoundingClientRect();
    const [across, down] = [x + width / 2, y + height / 2];
    const around = [[0, -21], [0, 21], [-21, 0], [21, 0]].map(([dx, dy]) => [across + dx, down + dy]);
    const onPage = ([px, py]) => px >= 0 && py >= 0 && px < innerWidth && py < innerHeight;
    // Not even its middle: something lies above it.
    return hits(target, across, down) && around.filter(onPage).some(([px, py]) => !hits(target, px, py));
  };
  return [...document.querySelectorAll("a[href], button, input, summary, textarea, [role=menuitem]")]
    // Times in the timeline lead to their message, as its address does: small, and not in the way of the text.
    .filter((it) => it.checkVisibility() && !inText(it) && !it.closest("[role=log]"))
    .filter((it) => isMissed(it.closest("label, .MuiInputBase-root") ?? it))
    .map((it) => `${it.localName} ${it.getAttribute("aria-label") ?? it.textContent}`);
}"""

_AXE: Final = """async (rules) => (await axe.run(document, { resultTypes: ["violations"], rules })).violations
  .map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200)), nodes[0].failureSummary])"""


async def _missed(page: Page) -> list[str]:
    """A page that has just grown may for some frames take nothing below where it ended: asked again for two seconds."""
    for _ in range(20):
        missed: list[str] = await page.evaluate(_MISSED)
        if not missed:
            break
        await asyncio.sleep(0.1)
    return missed


@cache
def _axe_source() -> str:
    return (PROJECT_ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Album:
    """Shows a page in all sizes and schemes, and looks at each."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.seen: list[str] = []

    async def show(self, page: Page, name: str) -> None:
        before = page.viewport_size
        # Off whatever was clicked last: its tooltip may take its time to come, and is no part of the page.
        await page.mouse.move(0, 0)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in WIDTHS:
                await page.set_viewport_size(ViewportSize(width=width, height=HEIGHTS[width]))
                await asyncio.sleep(0.15)  # a frame to lay out, and tooltips to go
                wide = await page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} px wide in {width}, {scheme}"
                if self._folder is not None and width in PICTURED:
                    await page.screenshot(path=self._folder / f"{name}-{width}-{scheme}.png")
                if (scheme, width) in EXAMINED:
                    barriers = await _barriers(page, width)
                    assert barriers == [], f"{name} at {width}, {scheme}: {barriers}"
        await page.set_viewport_size(TALL)
        missed = await _missed(page)
        assert missed == [], f"{name}: under 44 px are {missed}"
        await page.emulate_media(color_scheme="light", reduced_motion=None)
        if before is not None:
            await page.set_viewport_size(before)
        self.seen.append(name)


async def _barriers(page: Page, width: int) -> list[Any]:
    """What axe finds: rule, elements, why."""
    # Where one pane fits, it may be the navigation or the details alone.
    panes = {"landmark-one-main", "page-has-heading-one"} if width < TWO_PANES else set[str]()
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe_source())
    found: list[Any] = await page.evaluate(_AXE, {rule: {"enabled": False} for rule in panes})
    return found
