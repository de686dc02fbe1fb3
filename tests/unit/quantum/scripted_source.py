"""A source that does what a test says, and the samples of sources that are not well."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

from quantum_service.entropy.sources import RawBlock, SourceFailed


@dataclass
class ScriptedSource:
    """A quantum source that does what a test says: blocks, or the exceptions that stand in `script`."""

    script: list[RawBlock | Exception] = field(default_factory=list)
    name: str = "scripted"
    quantum: bool = True
    simulated: bool = True
    expected_min_entropy: float = 0.9
    credited_min_entropy: float = 0.0
    kept_seeds: int = 256
    samples: int = 0

    async def sample(self) -> RawBlock:
        self.samples += 1
        step = self.script.pop(0) if self.script else SourceFailed("nothing_left")
        if isinstance(step, Exception):
            raise step
        return step


def block(streams: int = 4, length: int = 4096, job_id: str = "job") -> RawBlock:
    """A healthy block: 64 seeds unless said otherwise."""
    return RawBlock(tuple(os.urandom(length) for _ in range(streams)), backend="test", job_id=job_id)


def of_bits(bits: str) -> RawBlock:
    return RawBlock((int(bits, 2).to_bytes(len(bits) // 8, "big"),), backend="test", job_id="")


def biased(ones: float, bits: int = 65_536, seed: int = 1) -> RawBlock:
    """The same samples each time."""
    generator = random.Random(seed)  # noqa: S311 - samples must repeat
    return of_bits("".join("1" if generator.random() < ones else "0" for _ in range(bits)))
