"""People at their browsers. Everything is found as a person finds it: by role, label and word."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Locator,
    Page,
    Playwright,
    Response,
    ViewportSize,
    WebSocket,
    expect,
)

from tests.processes import House

PASSWORD: Final = "orbit-lantern-7-mosaic"
DESKTOP: Final[ViewportSize] = {"width": 1440, "height": 900}
PATIENCE_MS: Final = 180_000
# What a browser says of requests that got no answer or a refusal; the client tells people itself.
_NETWORK: Final = re.compile(r"Failed to load resource|WebSocket connection to .* failed|net::ERR_")

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Town:
    house: House
    playwright: Playwright
    chromium: str
    folder: Path
    page_url: str | None = None
    """Where the client is served, if not by app_service."""
    browsers: list[Browser] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.page_url or self.house.url

    async def browser(self, name: str, profile: str | None = None) -> Browser:
        """A Chromium profile of its own on disk, kept over `close` and `open`."""
        made = Browser(self, name, self.folder / (profile or name))
        await made.open()
        self.browsers.append(made)
        return made

    async def person(self, name: str) -> Browser:
        """Somebody with an account."""
        browser = await self.browser(name)
        await browser.register()
        return browser

    async def friends(self, one: str, other: str) -> tuple[Browser, Browser]:
        """Two people with an open conversation, each looking at it."""
        first, second = await asyncio.gather(self.person(one), self.person(other))
        await first.asks(other)
        await second.accepts(one)
        await first.opens(other)
        await second.opens(one)
        await first.sees_open_conversation()
        await second.sees_open_conversation()
        return first, second

    async def show(self, folder: Path) -> None:
        """What everybody sees: for whoever reads the report of a failure."""
        for number, browser in enumerate(self.browsers):
            if browser.is_open:
                picture = folder / f"{number}-{browser.name}.png"
                await browser.page.screenshot(path=picture)
                print(f"{browser.name} at {browser.page.url}: {picture}")
                print("\n".join(browser.complaints))

    async def close(self) -> None:
        await asyncio.gather(*(browser.close() for browser in self.browsers))
        for browser in self.browsers:
            assert browser.complaints == [], browser.complaints


@dataclass
class Browser:
    """One person at one Chromium."""

    town: Town
    name: str
    profile: Path
    complaints: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    """Bodies of all answers and all frames that came over the socket."""
    _context: BrowserContext | None = None
    _page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    @property
    def is_open(self) -> bool:
        return self._page is not None

    async def open(self, path: str = "/") -> None:
        context = await self.town.playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=self.town.chromium,
            viewport=DESKTOP,
            color_scheme="light",
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
            timeout=PATIENCE_MS,
        )
        context.set_default_timeout(PATIENCE_MS)
        self._context = context
        await self._use(context.pages[0], path)

    async def _use(self, page: Page, path: str) -> None:
        self._page = page
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("response", self._hear)
        page.on("websocket", self._listen)
        await page.goto(self.town.url + path)

    async def tab(self, path: str = "/") -> Browser:
        """Another tab of this browser; it closes with it."""
        assert self._context is not None
        other = replace(self)
        await other._use(await self._context.new_page(), path)
        return other

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.town.house.url)

    async def devtools(self) -> CDPSession:
        """What a debugger may do to this tab."""
        assert self._context is not None
        return await self._context.new_cdp_session(self.page)

    async def close(self) -> None:
        if self._context is not None:
            await self._context.close()
        self._context = self._page = None

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not _NETWORK.search(text):
            self.complaints.append(text)

    async def _hear(self, response: Response) -> None:
        # Chunks of files are many and large, and test_files.py looks at what the server has of them.
        if "/api/" in response.url and "/chunks/" not in response.url:
            try:
                self.heard.append(await response.body())
            except Exception:
                return

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.heard.append(_bytes(frame)))

    # ---- accounts

    async def register(self) -> str:
        """Makes an account; the recovery code."""
        await self.page.goto(f"{self.town.url}/register")
        await self.page.get_by_label("Name", exact=True).fill(self.name)
        await self.page.get_by_label("E-mail").fill(f"{self.name}@example.org")
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Make account").click()
        return await self.keeps_recovery_code()

    async def keeps_recovery_code(self) -> str:
        code = await self.page.get_by_role("group", name="Recovery code").inner_text()
        await self.page.get_by_label("I have kept it in a safe place").check()
        await self.page.get_by_role("button", name="Continue").click()
        await self.is_signed_in()
        return code

    async def sign_in(self, password: str = PASSWORD) -> None:
        await self.page.get_by_label("Name", exact=True).fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def is_signed_in(self) -> None:
        await expect(self.page.get_by_role("button", name=f"Account: {self.name}")).to_be_visible()

    async def sign_out(self) -> None:
        await self.page.get_by_role("button", name=f"Account: {self.name}").click()
        await self.page.get_by_role("menuitem", name="Sign out").click()
        await expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    async def databases(self) -> list[str]:
        """What this browser keeps, by name."""
        names: list[str] = await self.page.evaluate(
            "async () => (await indexedDB.databases()).map((it) => it.name).sort()"
        )
        return names

    # ---- people

    async def looks_for(self, name: str) -> None:
        await self.page.get_by_role("link", name="People", exact=True).click()
        await self.page.get_by_label("Find somebody on this server").fill(name)

    async def asks(self, name: str) -> None:
        await self.looks_for(name)
        await self.page.get_by_role("button", name=f"Connect with {name}").click()
        await expect(self.page.get_by_text("Asked", exact=True)).to_be_visible()

    async def accepts(self, name: str) -> None:
        requests = self.page.get_by_role("region", name="Asks to connect")
        await expect(requests).to_contain_text(name)
        await requests.get_by_role("button", name="Accept").click()

    # ---- conversations

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("list", name="Conversations").get_by_role("link").filter(has_text=name)

    async def opens(self, name: str) -> None:
        await self.row(name).first.click()
        await expect(self.log).to_be_visible()

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    async def sees_open_conversation(self) -> None:
        await expect(self.log).to_contain_text("Only your browsers can read what follows")

    async def writes(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Message to").fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()
        await self.reads(text)

    def message(self, text: str) -> Locator:
        return self.log.locator("[data-message]").filter(has_text=re.compile(f"^{re.escape(text)}$"))

    async def reads(self, text: str) -> None:
        await expect(self.message(text)).to_have_count(1)

    async def sees_state(self, text: str, state: Literal["waiting", "sent", "delivered"]) -> None:
        # Whoever has the conversation open has read it a moment later.
        told: str | re.Pattern[str] = re.compile("^(delivered|read)$") if state == "delivered" else state
        await expect(self.message(text)).to_have_attribute("data-delivery", told)

    async def timeline(self) -> list[str]:
        return await self.log.locator("[data-message]").all_inner_texts()


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
