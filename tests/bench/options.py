"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    quick: bool
    pairs: tuple[int, ...]
    databases: tuple[str, ...]
    seconds: float
    warm_up: float
    open_seconds: float
    profile: str | None
