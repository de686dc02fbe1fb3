"""Random numbers for everything the service makes.

Promises: every output is XORed with independent output of the operating system, so it is never weaker than that,
whatever the sources and the DRBG do; a draw never waits for a source; a failed or alarming source is left out, down
to `os-only`, visibly. Does not: persist anything. Construction (SP 800-90A HMAC_DRBG):

    q_seed = HMAC-SHA-512(key of this process, raw block part)           the next of each source that has one
    seed   = HKDF-SHA-512(os.urandom(64) ‖ q_seed ‖ …, salt = os.urandom(64), info = label ‖ pid ‖ counter)
    out(n) = HMAC_DRBG(seed).generate(n, additional = os.urandom(32)) XOR os.urandom(n)

Reseeded every 65,536 draws, 1 MiB and 60 s (at the next draw), at each fresh block, after an alarm and after a fork.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantum_service.entropy import conditioner
from quantum_service.entropy.drbg import HmacDrbg
from quantum_service.entropy.health import HealthAlarm, ends_of, examine
from quantum_service.entropy.receipts import Origin, receipt
from quantum_service.entropy.samples import sample_of, set_aside
from quantum_service.entropy.sources import EntropySource, RawBlock
from quantum_service.entropy.stock import Stock
from shared.encoding import u64
from shared.schemas.quantum import EntropyReceipt, PoolState, RawSamples, Requirement

RESEED_DRAWS: Final = 65_536
RESEED_BYTES: Final = 1 << 20
RESEED_SECONDS: Final = 60.0
_INFO: Final = b"QuantumChat/entropy/v1"


class HardwareMissing(Exception):
    """A draw that requires a quantum device, while there is nothing of one."""


@dataclass(frozen=True)
class Draw:
    data: bytes
    receipt: EntropyReceipt


class EntropyPool:
    """A stock of seeds for each source, and the generator that they feed. Safe to use from any thread."""

    def __init__(self, sources: Sequence[EntropySource], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.stocks = tuple(Stock(source) for source in sources)
        self._clock = clock
        self._conditioning_key = os.urandom(64)
        self._counter = 0
        self._on_low: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._drbg = HmacDrbg(self._seed_material())
        _POOLS.add(self)

    def draw(self, length: int, require: Requirement = "any") -> Draw:
        """`length` bytes (at most 65,536) with their receipt; `HardwareMissing` when what is required is not there."""
        with self._lock:
            hardware = require == "hardware"
            due = self._due() or (hardware and not any(origin.hardware for origin in self._origins))
            if due:
                if hardware and not any(stock.next_origin and stock.next_origin.hardware for stock in self.stocks):
                    raise HardwareMissing
                self._reseed()
            data = self._drbg.generate(length, os.urandom(32))
            self._draws += 1
            self._bytes += length
            drawn = self._receipt
        if due:
            self._on_low()
        drawn = drawn.model_copy(update={"drawn_at": datetime.now(UTC)})
        return Draw(_xor(data, os.urandom(length)), drawn)

    def random(self, length: int) -> bytes:
        """A draw whose receipt nobody asked for."""
        return self.draw(length).data

    def take_in(self, stock: Stock, block: RawBlock) -> None:
        """Test a fresh block, keep its seeds and reseed; `HealthAlarm` drops the source, and reseeds without it.

        What is shown of the block goes into no seed.
        """
        shown, rest = set_aside(block)
        try:
            report = examine(block, stock.source.expected_min_entropy, stock.ends)
        except HealthAlarm as alarm:
            with self._lock:
                stock.raise_alarm(alarm.test)
                stock.shown = sample_of(stock.source, shown, alarm.test)
                self._reseed()
            raise
        ends = ends_of(block)
        with self._lock:
            stock.ends, stock.shown = ends, sample_of(stock.source, shown, None)
            if stock.accept(block, report, conditioner.seeds(rest, self._conditioning_key)):
                self._reseed()

    def note_failure(self, stock: Stock, reason: str) -> None:
        """A source gave nothing: receipts say so as soon as nothing of it is in use."""
        with self._lock:
            stock.note_failure(reason)
            self._receipt = self._describe()

    def when_low(self, callback: Callable[[], None]) -> None:
        """Call back, from whatever thread draws, when a seed of each source was taken."""
        self._on_low = callback

    @property
    def mode(self) -> Literal["quantum-mixed", "os-only"]:
        """What the next draw will say of itself."""
        with self._lock:
            next_origins = self._origins
            if self._due():
                next_origins = [origin for stock in self.stocks if (origin := stock.next_origin)]
        return "quantum-mixed" if any(origin.quantum for origin in next_origins) else "os-only"

    @property
    def degraded(self) -> bool:
        """A quantum source was dropped, or draws go without one though there should be one."""
        quantum = [stock for stock in self.stocks if stock.source.quantum]
        gone = any(stock.health in {"alarmed", "failed"} and stock.next_origin is None for stock in quantum)
        return gone or (bool(quantum) and self.mode == "os-only")

    def state(self) -> PoolState:
        mode = self.mode
        with self._lock:
            return PoolState(mode=mode, sources=[stock.state() for stock in self.stocks], reseeded_at=self._reseeded_at)

    def samples(self) -> RawSamples:
        """What was set aside of each source's newest block."""
        with self._lock:
            return RawSamples(items=[stock.shown for stock in self.stocks if stock.shown is not None])

    def _due(self) -> bool:
        return (
            self._draws >= RESEED_DRAWS
            or self._bytes >= RESEED_BYTES
            or self._clock() - self._reseeded_clock >= RESEED_SECONDS
        )

    def _reseed(self) -> None:
        self._drbg.reseed(self._seed_material())

    def _seed_material(self) -> bytes:
        taken = [found for stock in self.stocks if (found := stock.take())]
        self._origins: list[Origin] = [origin for _, origin in taken]
        self._counter += 1
        self._draws = self._bytes = 0
        self._reseeded_clock = self._clock()
        self._reseeded_at = datetime.now(UTC)
        self._receipt = self._describe()
        info = _INFO + u64(os.getpid()) + u64(self._counter)
        material = os.urandom(64) + b"".join(seed for seed, _ in taken)
        return HKDF(hashes.SHA512(), 64, salt=os.urandom(64), info=info).derive(material)

    def _describe(self) -> EntropyReceipt:
        """The receipt that all draws until the next reseed share, but for their time."""
        present = {origin.part.source for origin in self._origins}
        absent = [stock.absence() for stock in self.stocks if stock.source.quantum and stock.source.name not in present]
        return receipt(self._origins, absent, self._reseeded_at)

    def _after_fork(self) -> None:
        """In the child: the parent uses the inherited seeds and state, and may have held the lock."""
        self._lock = threading.Lock()
        for stock in self.stocks:
            stock.empty()
        self._conditioning_key = os.urandom(64)
        self._drbg = HmacDrbg(self._seed_material())


def _xor(first: bytes, second: bytes) -> bytes:
    number = int.from_bytes(first, "big") ^ int.from_bytes(second, "big")
    return number.to_bytes(len(first), "big")


_POOLS: weakref.WeakSet[EntropyPool] = weakref.WeakSet()


def _restart_pools() -> None:
    for pool in list(_POOLS):
        pool._after_fork()


os.register_at_fork(after_in_child=_restart_pools)
