"""Conditioning of raw samples into seeds: HMAC-SHA-512, a vetted component of SP 800-90B section 3.1.5.1.1.

Promises: 512 bits out of at least 1,152 raw bits, which is full entropy when each raw bit carries half a bit
(SP 800-90C's rule of 64 bits more than the output). Does not: add entropy that the samples lack.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

from quantum_service.entropy.sources import RawBlock

SEED_BYTES: Final = 64
RAW_BYTES_PER_SEED: Final = 256  # 2,048 raw bits; at least 1,152 are needed


def seeds(block: RawBlock, key: bytes) -> Iterator[bytes]:
    """Seeds of 64 bytes from disjoint parts of the block; a remainder too short for one is dropped."""
    raw = b"".join(block.streams)
    for start in range(0, len(raw) - RAW_BYTES_PER_SEED + 1, RAW_BYTES_PER_SEED):
        yield hmac.digest(key, raw[start : start + RAW_BYTES_PER_SEED], hashlib.sha512)
