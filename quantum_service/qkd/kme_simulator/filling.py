"""Fills the link with keys of simulated BB84 runs, in a thread, whenever it runs low.

Each run is authenticated with the last 512 bits of the key of the run before; those of the first come from the
operating system, as two devices get theirs when they are installed.
"""

from __future__ import annotations

import os
import threading
from typing import Final

from quantum_service.qkd.bb84 import Parameters, Run
from quantum_service.qkd.kme_simulator.link import CAPACITY_KEYS, Link
from quantum_service.qkd.randomness import pack
from quantum_service.qkd.seeds import AUTHENTICATION_BYTES, SEED_BYTES, Seeds
from shared.logging import get_logger

log = get_logger("kme_simulator")

PULSES: Final = 65_536


class Filling:
    def __init__(self, link: Link, noise: float, eavesdropper: float) -> None:
        self._link = link
        self._parameters = Parameters(PULSES, noise, eavesdropper)
        self._authentication = os.urandom(AUTHENTICATION_BYTES)
        self._wanted = threading.Event()
        link.on_low = self._wanted.set
        self._wanted.set()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="bb84").start()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            while self._link.stored < CAPACITY_KEYS and self.run_once():
                pass

    def run_once(self) -> bool:
        """One run; False when it gave no key, and another try would not either."""
        run = Run(self._parameters, Seeds.of(os.urandom(3 * SEED_BYTES) + self._authentication))
        run.go()
        log.info("bb84_run", abort=run.bob.aborted, bits=run.bob.length)
        if run.key is None or len(run.key) < 8 * AUTHENTICATION_BYTES:
            return False
        whole = run.key[: len(run.key) // 8 * 8]
        key = pack(whole)
        self._authentication = key[-AUTHENTICATION_BYTES:]
        self._link.add(key[:-AUTHENTICATION_BYTES])
        return True
