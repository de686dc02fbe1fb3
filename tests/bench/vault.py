"""What encrypting and decrypting costs people: the client's own code, in Chromium or else in Node."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from shared.settings import PROJECT_ROOT
from tests.bench.options import Options
from tests.bench.report import milliseconds, progress, table

FRONTEND: Final = PROJECT_ROOT / "frontend"
_CANDIDATES: Final = ("chromium", "chromium-browser", "google-chrome")
_OPERATIONS: Final = {
    "encrypt": "encrypt a message: padding, MLS, hybrid signature",
    "decrypt": "decrypt a message, both signatures and commitment checked",
    "send secured": "from typed to ready to send: the above, and the sealed store written twice",
    "receive secured": "from row to shown: chain, all rules, decrypted, sealed store written",
    "send critical": "the same of a critical message: another hybrid signature",
    "receive critical": "the same of a critical message: another hybrid signature and a receipt",
    "password": "keys from a password (Argon2id, 64 MiB)",
}


class Figures(NamedTuple):
    where: str
    times: dict[str, list[float]]
    """Milliseconds of each round, by operation."""
    bytes: dict[str, int]
    """Of the MLS message, by text."""


def vault(options: Options) -> Iterator[str]:
    rounds = 20 if options.quick else 200
    found = in_chromium(rounds) or in_node(rounds)
    rows = [
        [words, milliseconds([value / 1000 for value in found.times[name]], 50, 99)]
        for name, words in _OPERATIONS.items()
    ]
    rows.insert(1, ["target: encrypt", "8 / -"])
    yield table([f"in {found.where}", "p50 / p99 ms"], rows)


@functools.cache
def in_node(rounds: int) -> Figures:
    progress("the client's crypto in Node")
    run = _figures("run", str(rounds))
    found = json.loads(run)
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return Figures(f"Node {version}, no browser: its store is in memory", found["times"], found["bytes"])


def in_chromium(rounds: int) -> Figures | None:
    """None when there is no browser."""
    browser = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CHROMIUM"), *_CANDIDATES)))), None)
    if browser is None:
        return None
    from playwright.sync_api import Error

    try:
        return _measured_by(browser, rounds)
    except Error as error:
        progress(f"Chromium would not do it: {error}")
        return None


def _measured_by(browser: str, rounds: int) -> Figures:
    from playwright.sync_api import sync_playwright

    progress("the client's crypto in Chromium: building the page")
    with (
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as page_folder,
        tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as profile,
        sync_playwright() as playwright,
    ):
        _figures("build", page_folder)
        # A profile on disk: without one, the store would be in memory.
        with (
            _served(Path(page_folder)) as url,
            playwright.chromium.launch_persistent_context(profile, executable_path=browser) as context,
        ):
            progress("the client's crypto in Chromium: measuring")
            page = context.pages[0]
            page.goto(f"{url}/figures.html")
            page.wait_for_function("() => 'cryptoFigures' in globalThis")
            found: dict[str, Any] = page.evaluate("rounds => cryptoFigures(rounds)", rounds)
            version = page.evaluate("() => navigator.userAgent.match(/Chrome\\/([0-9.]+)/)[1]")
    return Figures(f"Chromium {version}", found["times"], found["bytes"])


def _figures(*arguments: str) -> str:
    command = [node(), "scripts/figures.js", *arguments]
    return subprocess.run(command, cwd=FRONTEND, stdout=subprocess.PIPE, text=True, check=True).stdout


def node() -> str:
    """The one beside this Python, if the machine's own is too old or missing."""
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else "node"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
