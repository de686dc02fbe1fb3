"""The random numbers of one party of a run, expanded from a seed of its own.

Promises: all of it follows from the seed, which `runs.py` draws from the entropy pool for each party and run, so a
given seed repeats a run exactly. Does not: add entropy; 512 bits go in, and SHAKE256 (FIPS 202) spreads them.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.encoding import u64

Bits = npt.NDArray[np.uint8]
"""One bit to the element, 0 or 1."""
Places = npt.NDArray[np.int64]

PUBLIC_SEED_BYTES: Final = 32
_PLACE_BITS: Final = 20


class Randomness:
    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._draws = 0

    def draw(self, length: int) -> bytes:
        """So many bytes, different ones each time."""
        self._draws += 1
        return hashlib.shake_256(self._seed + u64(self._draws)).digest(length)

    def bits(self, count: int) -> Bits:
        return unpack(self.draw((count + 7) // 8), count)

    def chances(self, count: int, probability: float) -> npt.NDArray[np.bool_]:
        """True with this probability, for each of `count`."""
        return np.frombuffer(self.draw(4 * count), "<u4") < probability * 2**32

    def public_seed(self) -> bytes:
        """32 bytes to be announced."""
        return self.draw(PUBLIC_SEED_BYTES)


def shuffled(public_seed: bytes, count: int) -> Places:
    """The permutation of 0 … count-1 (at most 2^20) that both parties make of an announced seed."""
    if count > 1 << _PLACE_BITS:
        raise ValueError("too many places for one permutation")
    keys = np.frombuffer(hashlib.shake_256(public_seed).digest(8 * count), "<u8")
    # Each place rides in the low bits of its own random number: sorting numbers is several times faster than argsort.
    tagged = (keys << np.uint64(_PLACE_BITS)) | np.arange(count, dtype=np.uint64)
    return (np.sort(tagged) & np.uint64((1 << _PLACE_BITS) - 1)).astype(np.int64)


def pack(bits: npt.ArrayLike) -> bytes:
    """Eight bits to the byte, the first one highest, the last byte filled with zeros."""
    return np.packbits(np.asarray(bits, np.uint8)).tobytes()


def unpack(data: bytes, count: int) -> Bits:
    """The first `count` bits."""
    return np.unpackbits(np.frombuffer(data, np.uint8), count=count)
