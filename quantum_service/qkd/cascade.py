"""Error correction by Cascade (Brassard and Salvail, Eurocrypt '93), asked by Bob and answered by Alice.

Promises: every parity that Alice tells is counted, and nothing else of her key is told; questions of one level of the
binary searches go in one message. Does not: guarantee equal keys (errors that fall in pairs into every block stay);
the verification hash finds those.

In each pass the key is permuted by an announced seed and cut into blocks, in the first four twice as long as in the
pass before, then into halves. A block
whose parities differ is searched for one error; correcting it makes blocks of the other passes odd, which are searched
in turn, until none is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from quantum_service.qkd.randomness import Bits, Places, shuffled

DOUBLING_PASSES: Final = 4
PASSES: Final = 10
"""The last ones compare halves of the key: two bits each, and each finds every second pair of errors that is left."""
_FIRST_BLOCK: Final = 0.73
"""Of the expected distance between two errors (Brassard and Salvail, section 5)."""


class Told:
    """Alice's side: parities of her key, counted."""

    def __init__(self, key: Bits) -> None:
        self._key = key
        self._sums: list[Bits] = []
        self.parities = 0

    def blocks(self, seed: bytes, size: int) -> Bits:
        """The next pass: parity of each block of this size under the permutation of the seed."""
        if len(self._sums) == PASSES or not 1 <= size <= len(self._key):
            raise ValueError("not a question of this protocol")
        self._sums.append(_sums(self._key[shuffled(seed, len(self._key))]))
        starts, ends = _blocks(len(self._key), size)
        return self.between(len(self._sums) - 1, starts, ends)

    def between(self, number: int, starts: Places, ends: Places) -> Bits:
        """The parity of each stretch of the permuted key of a pass."""
        inside = (starts >= 0).all() and (starts < ends).all() and (ends <= len(self._key)).all()
        if not (0 <= number < len(self._sums) and len(starts) == len(ends) and inside):
            raise ValueError("not a question of this protocol")
        self.parities += len(starts)
        sums = self._sums[number]
        return sums[starts] ^ sums[ends]


@dataclass(frozen=True)
class Questions:
    """How Bob asks: `blocks(seed, size)` and `between(pass, starts, ends)`, as in `Told`."""

    blocks: Callable[[bytes, int], Bits]
    between: Callable[[int, Places, Places], Bits]


class _Pass:
    def __init__(self, number: int, order: Places, size: int) -> None:
        self.number = number
        self.order = order
        self.place = np.empty_like(order)
        self.place[order] = np.arange(len(order))
        self.size = size
        self.odd = np.zeros(0, np.bool_)

    def correct(self, places: Places) -> None:
        """These bits of the key were flipped."""
        blocks = self.place[places] // self.size
        self.odd ^= (np.bincount(blocks, minlength=len(self.odd)) & 1).astype(np.bool_)


def first_block(errors: int, sample_bits: int, key_bits: int) -> int:
    """Length of the blocks of the first pass, for as many errors in a sample."""
    return min((key_bits + 1) // 2, math.ceil(_FIRST_BLOCK * sample_bits / max(1, errors)))


def correct(key: Bits, block: int, ask: Questions, public_seed: Callable[[], bytes]) -> int:
    """Correct Bob's key in place; how many bits were flipped."""
    passes: list[_Pass] = []
    flipped = 0
    for number in range(PASSES):
        seed, size = public_seed(), _block(len(key), block, number)
        latest = _Pass(number, shuffled(seed, len(key)), size)
        starts, ends = _blocks(len(key), size)
        sums = _sums(key[latest.order])
        latest.odd = (sums[starts] ^ sums[ends] ^ ask.blocks(seed, size)).astype(np.bool_)
        passes.append(latest)
        while odd := next((one for one in passes if one.odd.any()), None):
            places = _search(key, odd, ask)
            key[places] ^= 1
            flipped += len(places)
            for one in passes:
                one.correct(places)
    return flipped


def _block(bits: int, first: int, number: int) -> int:
    half = (bits + 1) // 2
    return min(half, first << number) if number < DOUBLING_PASSES else half


def _search(key: Bits, within: _Pass, ask: Questions) -> Places:
    """One error in each odd block of the pass."""
    starts = np.flatnonzero(within.odd) * within.size
    ends = np.minimum(starts + within.size, len(key))
    sums = _sums(key[within.order])
    while (open_ := np.flatnonzero(ends - starts > 1)).size:
        left, middle = starts[open_], (starts[open_] + ends[open_]) // 2
        differs = (sums[left] ^ sums[middle] ^ ask.between(within.number, left, middle)).astype(np.bool_)
        ends[open_[differs]] = middle[differs]
        starts[open_[~differs]] = middle[~differs]
    return within.order[starts]


def _blocks(bits: int, size: int) -> tuple[Places, Places]:
    starts = np.arange(0, bits, size, dtype=np.int64)
    return starts, np.minimum(starts + size, bits)


def _sums(bits: Bits) -> npt.NDArray[np.uint8]:
    """Parity of the first 0, 1, … bits: that of a stretch is the XOR of two of them."""
    return np.concatenate((np.zeros(1, np.uint8), np.bitwise_xor.accumulate(bits)))
