"""What one source has given: the seeds that wait, whether the source is trusted, and the account of its bits.

    starting ── a good block ──→ healthy ── no block ──→ failed ── a good block ──→ healthy
                                    └────── an alarm ──→ alarmed ── a good block, thrown away ──→ starting

Promises: no seed of a source whose last block failed a test; after an alarm one whole block must pass before a later
one is used (start-up tests, SP 800-90B section 4.3); every credited bit is in exactly one of: waiting, out, dropped.
Does not: lock; `pool` does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from quantum_service.entropy import conditioner
from quantum_service.entropy.health import Ends, HealthReport
from quantum_service.entropy.receipts import Origin
from quantum_service.entropy.sources import EntropySource, RawBlock
from shared.schemas.quantum import AbsentSource, Alarm, RawSample, SourceHealth, SourceState

SEED_BITS: Final = conditioner.SEED_BYTES * 8
LOW_WATER: Final = 4  # a stock wants another block when less than a quarter of it is left


Direction = Literal["in", "out", "dropped"]


class Stock:
    def __init__(self, source: EntropySource) -> None:
        self.source = source
        self.health: SourceHealth = "starting"
        self.alarms = 0
        self.failures = 0
        self.account: dict[Direction, int] = {"in": 0, "out": 0, "dropped": 0}
        """Credited bits: taken in, given out with a seed, and dropped before they were used."""
        self.ends: Ends | None = None
        """Where the repetition count test goes on; an alarm begins it anew."""
        self.shown: RawSample | None = None
        """Bits of the newest block that are in no seed."""
        self._last_alarm: Alarm | None = None
        self._last_failure: str | None = None
        self._last: Origin | None = None
        self._seeds: deque[tuple[bytes, Origin]] = deque()

    @property
    def low(self) -> bool:
        return len(self._seeds) * LOW_WATER < self.source.kept_seeds

    @property
    def alarmed(self) -> bool:
        return self.health == "alarmed"

    @property
    def filled_bits(self) -> int:
        return len(self._seeds) * SEED_BITS

    @property
    def next_origin(self) -> Origin | None:
        """Of the seed that `take` would give."""
        return self._seeds[0][1] if self._seeds else None

    def accept(self, block: RawBlock, report: HealthReport, seeds: Iterable[bytes]) -> bool:
        """Keep the seeds of a block that passed; False when it only ended an alarm, and was thrown away."""
        if self.alarmed:
            self.health = "starting"
            return False
        self.health = "healthy"
        self._last = Origin.of(self.source, block, conditioner.RAW_BYTES_PER_SEED * 8, report)
        for seed in seeds:
            if len(self._seeds) == self.source.kept_seeds:
                self.account["dropped"] += self._seeds.popleft()[1].part.credited_bits
            self._seeds.append((seed, self._last))
            self.account["in"] += self._last.part.credited_bits
        return True

    def raise_alarm(self, test: str) -> None:
        """The source is suspect: what waits of it goes."""
        self.health = "alarmed"
        self.ends = None
        self.alarms += 1
        self._last_alarm = Alarm(test=test, at=datetime.now(UTC))
        self.empty()

    def note_failure(self, reason: str) -> None:
        """No block: what waits stays good, and a suspect source stays suspect."""
        self.failures += 1
        self._last_failure = reason
        if not self.alarmed:
            self.health = "failed"

    def take(self) -> tuple[bytes, Origin] | None:
        """The oldest seed, which nobody gets again."""
        if not self._seeds:
            return None
        seed, origin = self._seeds.popleft()
        self.account["out"] += origin.part.credited_bits
        return seed, origin

    def absence(self) -> AbsentSource:
        """What a receipt says of this source when nothing of it went in."""
        alarm = self._last_alarm.test if self._last_alarm and self.health in {"alarmed", "starting"} else None
        return AbsentSource(source=self.source.name, health=self.health, alarm=alarm)

    def empty(self) -> None:
        self.account["dropped"] += sum(origin.part.credited_bits for _, origin in self._seeds)
        self._seeds.clear()

    def state(self) -> SourceState:
        newest = self._seeds[-1][1] if self._seeds else None
        return SourceState(
            name=self.source.name,
            health=self.health,
            quantum=self.source.quantum,
            simulated=self.source.simulated,
            filled_bits=self.filled_bits,
            capacity_bits=self.source.kept_seeds * SEED_BITS,
            age_seconds=round((datetime.now(UTC) - newest.part.taken_at).total_seconds(), 1) if newest else None,
            backend=self._last.part.backend if self._last else None,
            figures=self._last.part.figures if self._last else None,
            alarms=self.alarms,
            failures=self.failures,
            last_alarm=self._last_alarm,
            last_failure=self._last_failure,
            credited_bits_in=self.account["in"],
            credited_bits_out=self.account["out"],
            credited_bits_dropped=self.account["dropped"],
        )
