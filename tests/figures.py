"""How much was tried, for `run.sh` to sum up at its end: lines in the file that `TEST_FIGURES` names."""

from __future__ import annotations

import os
from pathlib import Path


def tried(what: str, of: str, kind: str, count: int) -> None:
    """One more `of` (an operation, a decoder) of `what` was tried, with so many of a `kind`."""
    if file := os.environ.get("TEST_FIGURES"):
        with Path(file).open("a") as figures:
            figures.write(f"{what}\t{of}\t{kind}\t{count}\n")
