"""Print one SHA-256 over names and contents of the given files and folders; what is missing counts as empty."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path


def files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(item for item in path.rglob("*") if item.is_file())
    elif path.is_file():
        yield path


digest = hashlib.sha256()
for name in sys.argv[1:]:
    for file in files(Path(name)):
        digest.update(f"{file.as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
print(digest.hexdigest())
