"""Random numbers for everything the service makes.

Promises: every output is XORed with independent output of the operating system, so it is never weaker than that,
whatever the sources and the DRBG do; a draw never waits for a source; a failed or alarming source degrades the
pool to `os-only`, visibly. Does not: persist anything. Construction (SP 800-90A HMAC_DRBG):

    q_seed = HMAC-SHA-512(key of this process, raw block part)           from the pool; empty when it is
    seed   = HKDF-SHA-512(os.urandom(64) ‖ q_seed, salt = os.urandom(64), info = label ‖ pid ‖ counter)
    out(n) = HMAC_DRBG(seed).generate(n, additional = os.urandom(32)) XOR os.urandom(n)

Reseeded every 65,536 draws, 1 MiB and 60 s (at the next draw), at each fresh block, after an alarm and after a fork.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantum_service.entropy import conditioner
from quantum_service.entropy.drbg import HmacDrbg
from quantum_service.entropy.health import HealthAlarm, examine
from quantum_service.entropy.receipts import Origin, receipt
from quantum_service.entropy.sources import EntropySource, RawBlock
from shared.encoding import u64
from shared.schemas.quantum import EntropyReceipt, PoolState

CAPACITY_SEEDS: Final = 256
LOW_WATER_SEEDS: Final = 64
RESEED_DRAWS: Final = 65_536
RESEED_BYTES: Final = 1 << 20
RESEED_SECONDS: Final = 60.0
_INFO: Final = b"QuantumChat/entropy/v1"


@dataclass(frozen=True)
class Draw:
    data: bytes
    receipt: EntropyReceipt


class EntropyPool:
    """Seeds from one source, and the generator that they feed. Safe to use from any thread."""

    def __init__(self, source: EntropySource, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.source = source
        self.alarms = 0
        self._clock = clock
        self._conditioning_key = os.urandom(64)
        self._seeds: deque[tuple[bytes, Origin]] = deque(maxlen=CAPACITY_SEEDS)
        self._origin: Origin | None = None
        self._counter = 0
        self._on_low: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._restart()
        _POOLS.add(self)

    def draw(self, length: int) -> Draw:
        """`length` bytes (at most 65,536) with their receipt."""
        with self._lock:
            if self._due():
                self._reseed()
            data = self._drbg.generate(length, os.urandom(32))
            self._draws += 1
            self._bytes += length
            drawn = receipt(self._origin, self._reseeded_at)
            low = len(self._seeds) < LOW_WATER_SEEDS
        if low:
            self._on_low()
        return Draw(_xor(data, os.urandom(length)), drawn)

    def random(self, length: int) -> bytes:
        """A draw whose receipt nobody asked for."""
        return self.draw(length).data

    def take_in(self, block: RawBlock) -> None:
        """Test a fresh block, keep its seeds and reseed; `HealthAlarm` empties the pool, for the source is suspect."""
        try:
            report = examine(block, self.source.expected_min_entropy)
        except HealthAlarm:
            with self._lock:
                self.alarms += 1
                self._seeds.clear()
                self._reseed()
            raise
        raw_bits = conditioner.RAW_BYTES_PER_SEED * 8
        origin = Origin.of(self.source, block.backend, block.job_id, raw_bits, report)
        with self._lock:
            self._seeds.extend((seed, origin) for seed in conditioner.seeds(block, self._conditioning_key))
            self._reseed()

    def when_low(self, callback: Callable[[], None]) -> None:
        """Call back, from whatever thread draws, when the pool wants another block."""
        self._on_low = callback

    @property
    def low(self) -> bool:
        return len(self._seeds) < LOW_WATER_SEEDS

    @property
    def mode(self) -> Literal["quantum-mixed", "os-only"]:
        """What the next draw will say of itself."""
        with self._lock:
            next_origin = self._origin
            if self._due():
                next_origin = self._seeds[0][1] if self._seeds else None
        return "quantum-mixed" if next_origin is not None and next_origin.quantum else "os-only"

    def state(self) -> PoolState:
        mode = self.mode
        with self._lock:
            newest = self._seeds[-1][1] if self._seeds else None
            filled = len(self._seeds)
        return PoolState(
            mode=mode,
            source=self.source.name,
            simulated=self.source.simulated,
            filled_bits=filled * conditioner.SEED_BYTES * 8,
            capacity_bits=CAPACITY_SEEDS * conditioner.SEED_BYTES * 8,
            age_seconds=round((datetime.now(UTC) - newest.taken_at).total_seconds(), 1) if newest else None,
            alarms=self.alarms,
        )

    def _due(self) -> bool:
        return (
            self._draws >= RESEED_DRAWS
            or self._bytes >= RESEED_BYTES
            or self._clock() - self._reseeded_clock >= RESEED_SECONDS
        )

    def _reseed(self) -> None:
        self._drbg.reseed(self._seed_material())

    def _seed_material(self) -> bytes:
        quantum, self._origin = self._seeds.popleft() if self._seeds else (b"", None)
        self._counter += 1
        self._draws = self._bytes = 0
        self._reseeded_clock = self._clock()
        self._reseeded_at = datetime.now(UTC)
        info = _INFO + u64(os.getpid()) + u64(self._counter)
        return HKDF(hashes.SHA512(), 64, salt=os.urandom(64), info=info).derive(os.urandom(64) + quantum)

    def _restart(self) -> None:
        """A new generator that shares nothing with an earlier one."""
        self._drbg = HmacDrbg(self._seed_material())

    def _after_fork(self) -> None:
        """In the child: the parent uses the inherited seeds and state, and may have held the lock."""
        self._lock = threading.Lock()
        self._seeds.clear()
        self._conditioning_key = os.urandom(64)
        self._restart()


def _xor(first: bytes, second: bytes) -> bytes:
    number = int.from_bytes(first, "big") ^ int.from_bytes(second, "big")
    return number.to_bytes(len(first), "big")


_POOLS: weakref.WeakSet[EntropyPool] = weakref.WeakSet()


def _restart_pools() -> None:
    for pool in list(_POOLS):
        pool._after_fork()


os.register_at_fork(after_in_child=_restart_pools)
