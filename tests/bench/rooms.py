"""What a room costs as it grows: the client's own engine and crypto under Node, over both real services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.options import Options
from tests.bench.report import progress, short, table
from tests.bench.vault import FRONTEND, node

SIZES: Final = (2, 10, 50, 200)
QUICK: Final = (2, 4)
ROUNDS: Final = 5
_STORY: Final = "src/testing/stories/crowd.services.test.ts"
_COMMITS: Final = ("add", "rotate", "remove")

Round = dict[str, dict[str, float]]


def rooms(options: Options) -> Iterator[str]:
    sizes, rounds = (QUICK, 1) if options.quick else (SIZES, ROUNDS)
    progress(f"rooms of {', '.join(map(str, sizes))}: registering everybody takes its time")
    found = grown(sizes, rounds)
    columns: tuple[str, ...] = ("commit that adds one", "its contribution", "its welcome", "all that who comes gets")
    columns += ("commit that rotates", "message")
    yield f"Bytes, medians of {rounds}:\n"
    yield table(["members", *columns], [_bytes(each) for each in found])
    columns = ("add", "rotate", "remove")
    yield "Milliseconds of who commits: to make it `+` until app_service has answered `+` to adopt it:\n"
    yield table(["members", *columns], [_committing(each) for each in found])
    columns = ("add", "rotate", "remove", "who comes: all `/` its longest step", "message: send / receive")
    yield "Milliseconds of another member for the same commit, of who comes until the room is open, and of a message:\n"
    yield table(["members", *columns], [_following(each) for each in found])
    columns = (*_COMMITS, "listening", "a commit to all: CPU / last", "a message to all: CPU / last")
    yield "Milliseconds of app_service's CPU with three browsers open, and with a socket for everybody:\n"
    yield table(["members", *columns], [_server(each) for each in found])


def grown(sizes: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    """The figures of each size, ascending."""
    with tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as folder:
        figures = Path(folder) / "figures.json"
        told = {"CROWD": ",".join(map(str, sizes)), "CROWD_ROUNDS": str(rounds), "CROWD_FIGURES": str(figures)}
        command = [node(), "node_modules/vitest/vitest.mjs", "run", "--project", "services", _STORY]
        environment = os.environ | told | {"PYTHON": sys.executable}
        subprocess.run(command, cwd=FRONTEND, env=environment, stdout=sys.stderr, check=True)
        found: list[dict[str, Any]] = json.loads(figures.read_text())
    return found


def _middle(rounds: Sequence[Round], step: str, figure: str) -> float:
    return median(each[step][figure] for each in rounds)


def _bytes(each: dict[str, Any]) -> list[str]:
    figures = (
        ("add", "commit"),
        ("add", "transcript"),
        ("add", "welcome"),
        ("join", "characters"),
        ("rotate", "commit"),
        ("message", "bytes"),
    )
    return [str(each["members"]), *(f"{_middle(each['rounds'], *figure):,.0f}" for figure in figures)]


def _committing(each: dict[str, Any]) -> list[str]:
    parts = ("make", "server", "adopt")
    acts = (" + ".join(short(_middle(each["rounds"], act, part)) for part in parts) for act in _COMMITS)
    return [str(each["members"]), *acts]


def _following(each: dict[str, Any]) -> list[str]:
    rounds = each["rounds"]
    follows = (short(_middle(rounds, act, "follow")) for act in _COMMITS)
    pairs = (("join", "open", "receive"), ("message", "send", "receive"))
    joined, message = (" / ".join(short(_middle(rounds, step, of)) for of in figures) for step, *figures in pairs)
    return [str(each["members"]), *follows, joined, message]


def _server(each: dict[str, Any]) -> list[str]:
    cpu = (short(_middle(each["rounds"], step, "cpu")) for step in _COMMITS)
    told = each["told"]
    all_told = (f"{short(told[what]['cpu'])} / {short(told[what]['last'])}" for what in ("commit", "message"))
    return [str(each["members"]), *cpu, str(told["listening"]), *all_told]
