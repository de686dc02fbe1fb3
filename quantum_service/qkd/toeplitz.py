"""Universal hashing by random Toeplitz matrices, for verification and privacy amplification.

Promises: `hashed` is exactly the product over GF(2) of the key with the matrix that the seed describes; for a uniform
seed the family is XOR-universal (Krawczyk 1994): two keys that differ collide with probability 2^-length.
Does not: keep time independent of the data. The matrix of m rows and n columns is constant along its diagonals,
T[i][j] = seed[i - j + n - 1], so m + n - 1 bits describe it and the product is a convolution, done by FFT.
"""

from __future__ import annotations

import numpy as np

from quantum_service.qkd.randomness import Bits


def seed_bits(key_bits: int, length: int) -> int:
    """How many bits describe the matrix."""
    return key_bits + length - 1


def hashed(seed: Bits, key: Bits, length: int) -> Bits:
    """`length` bits; the seed must have `seed_bits` of them."""
    if len(seed) != seed_bits(len(key), length):
        raise ValueError("a seed of another matrix")
    # Only the outputs that no wrap-around of this size can reach are used.
    size = 1 << (len(seed) - 1).bit_length()
    spectrum = np.fft.rfft(seed, size) * np.fft.rfft(key, size)
    sums = np.fft.irfft(spectrum, size)[len(key) - 1 : len(seed)]
    counts = np.rint(sums)
    if len(sums) and np.abs(sums - counts).max() > 0.25:
        raise ArithmeticError("the transform was not exact enough")
    return (counts.astype(np.int64) & 1).astype(np.uint8)
