"""How many frames a socket may send."""

from __future__ import annotations

from typing import Final

BURST_SECONDS: Final = 5


class Meter:
    """A bucket that fills at `per_second` and holds five seconds' worth; the caller brings the time."""

    def __init__(self, per_second: float, at: float) -> None:
        self._per_second = per_second
        self._most = self._left = per_second * BURST_SECONDS
        self._at = at

    def take(self, at: float) -> bool:
        """Whether one more frame is allowed."""
        self._left = min(self._most, self._left + (at - self._at) * self._per_second) - 1
        self._at = at
        return self._left >= 0
