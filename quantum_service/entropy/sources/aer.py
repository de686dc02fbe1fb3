"""Measurements of a simulated circuit by Qiskit Aer, in a short-lived process of its own.

Promises: one process of about 100 MB per block, gone when the block is there. Does not: give entropy. Aer seeds
MT19937 with 32 bits per job, so its samples are credited zero bits and only ever mixed in.
"""

from __future__ import annotations

import sys
from typing import Final

from quantum_service.entropy.sources import RawBlock
from quantum_service.entropy.sources.child import ask

TIMEOUT_SECONDS: Final = 60.0
_WORKER: Final = "quantum_service.entropy.sources.aer_worker"


class AerSource:
    name = "aer-simulator"
    quantum = True
    simulated = True
    expected_min_entropy = 0.9
    credited_min_entropy = 0.0
    kept_seeds = 256

    def __init__(self, command: tuple[str, ...] | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self._command = command or (sys.executable, "-m", _WORKER)
        self._timeout = timeout

    async def sample(self) -> RawBlock:
        answer = await ask(self._command, {}, self._timeout)
        return RawBlock(answer.streams, answer.text("backend"), answer.text("job_id"))
