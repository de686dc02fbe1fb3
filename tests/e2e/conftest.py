"""Real services, real Chromium profiles. `CHROMIUM` names the browser, else one on the PATH is taken."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Playwright, async_playwright

from shared.settings import PROJECT_ROOT
from tests.e2e.album import Album
from tests.e2e.people import Town
from tests.processes import House, house

FAILED: Final = pytest.StashKey[bool]()
CANDIDATES: Final = ("chromium", "chromium-browser", "google-chrome")
MANY: Final = dict.fromkeys(("RATE_LIMIT_LOGIN", "RATE_LIMIT_REGISTER", "RATE_LIMIT_REQUESTS"), "100000/minute")


@pytest.fixture(scope="session")
def chromium() -> str:
    for candidate in filter(None, (os.environ.get("CHROMIUM"), *CANDIDATES)):
        if found := shutil.which(candidate):
            return found
    words = "NO BROWSER WAS TESTED: install chromium, or name one with CHROMIUM=/path/to/chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session", autouse=True)
def _built_client() -> None:
    if not (PROJECT_ROOT / "frontend" / "dist" / "index.html").exists():
        pytest.fail("The web client is not built: cd frontend && npm run build")


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as started:
        yield started


@pytest.fixture
def services(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """With the settings of `@pytest.mark.parametrize("services", [{...}], indirect=True)`, if there are any."""
    settings = MANY | getattr(request, "param", {})
    with house(tmp_path / "house", app_module="tests.quick_app", **settings) as started:
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
async def town(
    services: House, playwright: Playwright, chromium: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Town]:
    """Where people live: each has Chromium profiles of their own."""
    made = Town(services, playwright, chromium, tmp_path / "profiles")
    yield made
    if request.node.stash.get(FAILED, False):
        await made.show(tmp_path)
    await made.close()


@pytest.fixture
def album() -> Album:
    folder = os.environ.get("SCREENSHOTS")
    if folder is None:
        return Album(None)
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Album(Path(folder))
