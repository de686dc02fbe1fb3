"""How long the final key may be, and what a sample says of an error rate.

The length is theorem 2 of Tomamichel, Lim, Gisin and Renner, *Tight finite-key analysis for quantum cryptography*
(Nature Communications 3, 634, 2012), with preparation quality q = 1:

    l  <=  n (1 - h(Q + mu)) - leak - log2(2 / (e_sec^2 e_cor))
    mu  =  sqrt((n + k) / (n k) * (k + 1) / k * ln(4 / e_sec))

Two things differ from the paper, and both are usual: the key takes both bases and Q is that of a random sample of both
(as h is concave, the mean of both bases' rates bounds what is known of both halves), and Q is the observed rate in the
place of one tolerated beforehand.
"""

from __future__ import annotations

import math
from typing import Final

SECRECY: Final = 1e-10
"""e_sec."""
VERIFICATION_BITS: Final = 64
"""The hash that is compared; e_cor = 2^-64."""
_NORMAL_95: Final = 1.959964


def binary_entropy(rate: float) -> float:
    """h, and 1 from one half on."""
    if rate >= 0.5:
        return 1.0
    if rate <= 0:
        return 0.0
    return -rate * math.log2(rate) - (1 - rate) * math.log2(1 - rate)


def deviation(key_bits: int, sample_bits: int, secrecy: float = SECRECY) -> float:
    """mu: by how much the error rate of the key may exceed that of the sample."""
    n, k = key_bits, sample_bits
    return math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4 / secrecy))


def key_length(key_bits: int, sample_bits: int, error_rate: float, leaked_bits: int, secrecy: float = SECRECY) -> int:
    """Bits of the final key, zero or less when there is none; `leaked_bits` are those of error correction alone."""
    unknown = key_bits * (1 - binary_entropy(error_rate + deviation(key_bits, sample_bits, secrecy)))
    return math.floor(unknown - leaked_bits - VERIFICATION_BITS - math.log2(2 / secrecy**2))


def confidence_interval(errors: int, sample_bits: int) -> tuple[float, float]:
    """Wilson's interval at 95 % for the error rate behind a sample."""
    z2 = _NORMAL_95**2
    centre = (errors + z2 / 2) / (sample_bits + z2)
    spread = _NORMAL_95 / (sample_bits + z2) * math.sqrt(errors * (sample_bits - errors) / sample_bits + z2 / 4)
    return max(0.0, centre - spread), min(1.0, centre + spread)
