"""`python -m tests.bench`: every figure, beside those of others, as Markdown (README.md)."""

from __future__ import annotations

import argparse
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Final

from tests.bench import profiling
from tests.bench.bb84 import bb84
from tests.bench.closed import closed
from tests.bench.contributions import contributions
from tests.bench.entropy import entropy
from tests.bench.machine import facts
from tests.bench.memory import at_rest, idle_sockets
from tests.bench.open_loop import open_loop
from tests.bench.options import Options
from tests.bench.pool import pool
from tests.bench.report import progress
from tests.bench.rooms import rooms
from tests.bench.server import KINDS
from tests.bench.sizes import sizes
from tests.bench.vault import vault

_FILES: Final = 8192

Part = Callable[[Options], Iterator[str]]

PARTS: Final[dict[str, tuple[str, Part]]] = {
    "closed": ("Closed loop: the next message when the last one was delivered", closed),
    "open": ("Open loop: messages come at their own pace", open_loop),
    "idle": ("People who are connected and say nothing", idle_sockets),
    "rest": ("Memory with nothing to do", at_rest),
    "pool": ("Random numbers of quantum_service", pool),
    "entropy": ("Quantum sources beside classical ones", entropy),
    "bb84": ("BB84, simulated", bb84),
    "establish": ("Contributions of quantum_service", contributions),
    "vault": ("Encryption in the client", vault),
    "bytes": ("Bytes of a message", sizes),
    "rooms": ("Rooms as they grow", rooms),
}


def main() -> int:
    only, options = _arguments()
    _allow_many_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of those who stop what they started
    for text in facts():
        print(text, flush=True)
    failed = [name for name in only if not _run(name, options)]
    progress(f"failed: {', '.join(failed)}" if failed else "done")
    return 1 if failed else 0


def _run(name: str, options: Options) -> bool:
    """One part; what goes wrong in it does not take the others along."""
    title, part = PARTS[name]
    print(f"### {title}\n", flush=True)
    try:
        for text in part(options):
            print(text, flush=True)
    except Exception as error:
        progress(f"{name} failed: {error}")
        print(f"Failed: {type(error).__name__}.\n", flush=True)
        return False
    return True


def _allow_many_files() -> None:
    """A socket is an open file, on the server's side and on ours; the servers inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _arguments() -> tuple[list[str], Options]:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Figures, as Markdown.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="these parts")
    parser.add_argument("--quick", action="store_true", help="a few seconds of each: does it work?")
    parser.add_argument("--pairs", type=int, nargs="+", help="of the closed loop (1 20 200)")
    parser.add_argument("--database", choices=KINDS, nargs="+", help="(both)")
    parser.add_argument("--seconds", type=float, help="of each closed loop, after --warm-up (10)")
    parser.add_argument("--warm-up", type=float, default=2)
    parser.add_argument(
        "--profile",
        nargs="?",
        choices=profiling.KINDS,
        const=profiling.KINDS[0],
        help="where app_service's CPU goes in the closed loop: 20 pairs on SQLite unless said otherwise",
    )
    given = parser.parse_args()
    options = Options(
        quick=given.quick,
        pairs=tuple(given.pairs or ([20] if given.profile else [1, 20, 200])),
        databases=tuple(given.database or (KINDS[:1] if given.profile else KINDS)),
        seconds=given.seconds or (2 if given.quick else 10),
        warm_up=min(given.warm_up, 1) if given.quick else given.warm_up,
        open_seconds=3 if given.quick else 30,
        profile=given.profile,
    )
    return ["closed"] if given.profile else given.only, options


sys.exit(main())
