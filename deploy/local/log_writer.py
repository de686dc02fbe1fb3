"""Write standard input to a file that is rotated: `log_writer.py FILE` keeps FILE, FILE.1 … FILE.5, 10 MB each."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
KEPT = 5


def rotate(path: Path) -> None:
    for number in range(KEPT, 0, -1):
        older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))


def opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def append(file: int, data: bytes) -> int:
    """Bytes written. On a full disk lines are lost; the service must not be."""
    try:
        return os.write(file, data)
    except OSError:
        return 0


def main(path: Path) -> None:
    # The service ends first, and its last words must arrive: only the end of its output ends this program.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    file = opened(path)
    size = os.fstat(file).st_size
    while chunk := os.read(0, 65536):
        # Only between two lines, so that none is torn apart.
        if size >= MAX_BYTES and (end := chunk.find(b"\n")) >= 0:
            append(file, chunk[: end + 1])
            chunk = chunk[end + 1 :]
            os.close(file)
            rotate(path)
            file, size = opened(path), 0
        size += append(file, chunk)


main(Path(sys.argv[1]))
