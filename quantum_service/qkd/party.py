"""What Alice and Bob have in common: the rules that both apply to what both know.

Promises: a party holds what it prepared, measured, sent and received, and no more; `key` is set only at the end of a
run in which nothing was wrong. Thresholds: a sample of a quarter of the sifted bits, at most 50,000; no key from fewer
than 256 sifted bits, nor above 11 % of errors, where no one-way protocol has one (Shor and Preskill 2000).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from quantum_service.qkd import finite_key
from quantum_service.qkd.authentication import Side, Transcript
from quantum_service.qkd.messages import Aborted
from quantum_service.qkd.randomness import Bits, Places, Randomness, shuffled
from shared.schemas.bb84 import Bb84Abort

MIN_SIFTED: Final = 256
MAX_SAMPLE: Final = 50_000
MAX_ERROR_RATE: Final = 0.11


@dataclass(repr=False)
class Party:
    """Either of the two; `keys` are the one-time keys of authentication that both have from before."""

    randomness: Randomness
    keys: bytes
    sifted: Bits = field(init=False, default_factory=lambda: np.zeros(0, np.uint8))
    """Own bits where the bases agree."""
    sample: Places = field(init=False, default_factory=lambda: np.zeros(0, np.int64))
    """Places in `sifted` that are compared in the open."""
    rest: Bits = field(init=False)
    """The sifted bits outside the sample: they become the key."""
    errors: int = field(init=False, default=0)
    leaked: int = field(init=False, default=0)
    """Parities told in error correction."""
    length: int = field(init=False, default=0)
    key: Bits | None = field(init=False, default=None)
    aborted: Bb84Abort | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.transcript = Transcript(self.keys)

    def record(self, sender: Side, message: bytes) -> None:
        self.transcript.add(sender, message)

    def sift(self, own: Bits, agree: Bits) -> None:
        """Keep the bits whose bases agree; `Aborted` when they are too few."""
        self.sifted = own[agree.astype(np.bool_)]
        if len(self.sifted) < MIN_SIFTED:
            raise Aborted("too_few_sifted")

    def split(self, sample_seed: bytes) -> None:
        """Draw the sample that is compared in the open, and never used."""
        order = shuffled(sample_seed, len(self.sifted))
        size = sample_size(len(self.sifted))
        self.sample = np.sort(order[:size])
        self.rest = self.sifted[np.sort(order[size:])]

    def estimate(self, errors: int) -> None:
        """`Aborted` above the error rate at which no key can be had."""
        self.errors = errors
        if self.error_rate > MAX_ERROR_RATE:
            raise Aborted("too_many_errors")

    @property
    def error_rate(self) -> float:
        return self.errors / len(self.sample)

    def settle(self) -> None:
        """The length of the final key; `Aborted` when nothing is left."""
        length = finite_key.key_length(len(self.rest), len(self.sample), self.error_rate, self.leaked)
        if length <= 0:
            raise Aborted("no_key_left")
        self.length = length


def sample_size(sifted: int) -> int:
    return min(sifted // 4, MAX_SAMPLE)
