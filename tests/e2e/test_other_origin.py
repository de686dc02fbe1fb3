"""The client on another site than its server: built for it, let in by name, without the cookie."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Playwright, expect

from shared.settings import PROJECT_ROOT
from tests.e2e.conftest import MANY
from tests.e2e.people import Browser, Town
from tests.processes import free_ports, house

pytestmark = pytest.mark.browser

VITE: Final = "node_modules/vite/bin/vite.js"


class _Site(http.server.SimpleHTTPRequestHandler):
    """Files, and the one page for every other path."""

    def send_head(self) -> Any:
        if not Path(self.translate_path(self.path)).is_file():
            self.path = "/index.html"
        return super().send_head()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def site(folder: Path, port: int) -> Iterator[None]:
    handler = functools.partial(_Site, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def build(folder: Path, server: str) -> None:
    """The client for this server; `tsc` has looked at it before."""
    node = shutil.which("node", path=f"{sys.prefix}/bin:{os.environ['PATH']}")
    assert node is not None
    made = subprocess.run(
        [node, VITE, "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "error"],
        cwd=PROJECT_ROOT / "frontend",
        env=os.environ | {"VITE_API_URL": server},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def refresh_tokens(browser: Browser) -> set[bytes]:
    """All that the server ever gave to this browser."""
    return {token for heard in browser.heard for token in re.findall(rb'"refresh_token":"([^"]+)"', heard)}


async def test_p2_7_from_another_site_they_write_and_a_reload_keeps_the_sign_in(
    playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    page = f"http://localhost:{port}"  # app_service is 127.0.0.1: another site, not only another origin
    with house(tmp_path / "house", **MANY, ALLOWED_ORIGINS=page) as services:
        build(tmp_path / "dist", services.url)
        with site(tmp_path / "dist", port):
            town = Town(services, playwright, chromium, tmp_path / "profiles", page)
            try:
                alice, bob = await town.friends("alice", "bob")
                await alice.writes("From elsewhere.")
                await bob.reads("From elsewhere.")

                policy = await alice.page.locator("meta[http-equiv]").get_attribute("content")
                host = services.url.removeprefix("http://")
                assert f"; connect-src 'self' http://{host} ws://{host}; " in (policy or "")
                await alice.page.reload()
                await alice.is_signed_in()
                await alice.reads("From elsewhere.")
                await alice.writes("Still here.")
                await bob.reads("Still here.")

                assert await alice.page.context.cookies() == []
                given = refresh_tokens(alice)
                assert len(given) >= 2  # by the registration and after the reload
                on_disk = b"\0".join(file.read_bytes() for file in alice.profile.rglob("*") if file.is_file())
                assert not [token for token in given if token in on_disk]
                await alice.sign_out()
                await alice.page.reload()
                await expect(alice.page.get_by_role("heading", name="Sign in")).to_be_visible()
            finally:
                await town.close()
