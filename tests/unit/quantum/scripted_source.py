"""A source that does what a test says, and the samples of sources that are not well."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

from quantum_service.entropy.samples import SHOWN_BYTES
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
    """A healthy block: 64 seeds unless said otherwise. `length` is what is left of a stream besides what is shown."""
    shown = min(SHOWN_BYTES // streams, -(-length // 7))
    return RawBlock(tuple(os.urandom(length + shown) for _ in range(streams)), backend="test", job_id=job_id)


def of_bits(bits: str) -> RawBlock:
    return RawBlock((int(bits, 2).to_bytes(len(bits) // 8, "big"),), backend="test", job_id="")


def biased(ones: float, bits: int = 65_536, seed: int = 1) -> RawBlock:
    """The same samples each time."""
    generator = random.Random(seed)  # noqa: S311 - samples must repeat
    return of_bits("".join("1" if generator.random() < ones else "0" for _ in range(bits)))


def framed(value: str, *, begins: int = 1, ends: int = 1, bits: int = 65_536) -> RawBlock:
    """Fair samples between a first and a last run of `value`, so long each (at most 31)."""
    other = "1" if value == "0" else "0"
    around = (other + value) * 16
    fair = int.from_bytes(biased(0.5, bits=bits - 64).streams[0], "big")
    middle = f"{fair:0{bits - 64}b}"
    return of_bits((value * begins + around)[:32] + middle + (value * ends + around)[:32][::-1])
