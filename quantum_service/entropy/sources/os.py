"""The operating system's generator as a source of raw samples: for a service without a quantum source."""

from __future__ import annotations

import os
from typing import Final

from quantum_service.entropy.sources import RawBlock

BLOCK_BYTES: Final = 16_384


class OsSource:
    name = "os"
    quantum = False
    simulated = False
    expected_min_entropy = 0.9
    credited_min_entropy = 1.0
    kept_seeds = 256

    async def sample(self) -> RawBlock:
        return RawBlock((os.urandom(BLOCK_BYTES),), backend="urandom", job_id="")
