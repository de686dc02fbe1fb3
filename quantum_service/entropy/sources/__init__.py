"""Where raw samples come from, behind one small interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class RawBlock:
    """Raw bits of one job: one stream per qubit (or other independent emitter), eight bits to the byte."""

    streams: tuple[bytes, ...]
    backend: str
    job_id: str
    dropped: tuple[int, ...] = ()
    """Numbers of the emitters that the source itself left out as unfit."""


class SourceFailed(Exception):
    """The source gave nothing usable; `reason` is a fixed word for logs, health and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EntropySource(Protocol):
    name: str
    quantum: bool
    """Whether its samples are, or imitate, quantum measurements."""
    simulated: bool
    expected_min_entropy: float
    """Bits per raw bit that a healthy source shows; sets the cutoffs of the health tests."""
    credited_min_entropy: float
    """Bits per raw bit that may be counted on; zero for a simulator."""
    kept_seeds: int
    """How many seeds may wait: few where more are made in a second, many where a job waits for hours."""

    async def sample(self) -> RawBlock:
        """One block; `SourceFailed` when there is none. Cancelling it leaves no process behind."""
