"""What a room costs as it grows: the client's own engine and crypto under Node, over both real services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.bench.options import Options
from tests.bench.report import progress, short, table
from tests.bench.vault import FRONTEND, node

SIZES: Final = (2, 10, 50, 200)
QUICK: Final = (2, 3)
_STORY: Final = "src/testing/stories/crowd.services.test.ts"


def rooms(options: Options) -> Iterator[str]:
    sizes = QUICK if options.quick else SIZES
    progress(f"rooms of {', '.join(map(str, sizes))}: registering everybody takes its time")
    found = grown(sizes)
    head = ["members", "commit", "its contribution", "its welcome", "message"]
    yield "Bytes, adding the last member to the room:\n"
    yield table(head, [_bytes(each) for each in found])
    head = ["members", "add", "join", "rotate", "remove", "another follows the rotation", "message: send / receive"]
    yield "Milliseconds in the browser, and `+` those until app_service has answered:\n"
    yield table(head, [_times(each) for each in found])


def grown(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """The figures of each size, ascending."""
    with tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as folder:
        figures = Path(folder) / "figures.json"
        told = {"CROWD": ",".join(map(str, sizes)), "CROWD_FIGURES": str(figures), "PYTHON": sys.executable}
        command = [node(), "node_modules/vitest/vitest.mjs", "run", "--project", "services", _STORY]
        subprocess.run(command, cwd=FRONTEND, env=os.environ | told, stdout=sys.stderr, check=True)
        found: list[dict[str, Any]] = json.loads(figures.read_text())
    return found


def _bytes(each: dict[str, Any]) -> list[str]:
    add = each["add"]
    sizes = (add["commit"], add["transcript"], add["welcome"], each["message"]["bytes"])
    return [str(each["members"]), *(f"{size:,}" for size in sizes)]


def _times(each: dict[str, Any]) -> list[str]:
    acts = [f"{short(each[act]['make'])} + {short(each[act]['server'])}" for act in ("add", "rotate", "remove")]
    add, rotate, remove = acts
    follows, message = each["rotate"]["process"], each["message"]
    sent = f"{short(message['send'])} / {short(message['receive'])}"
    return [str(each["members"]), add, short(each["join"]), rotate, remove, short(follows), sent]
