"""Where the randomness of a draw came from, said honestly: a simulator is credited zero bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from quantum_service.entropy.health import HealthReport
from quantum_service.entropy.sources import EntropySource, RawBlock
from shared.schemas.quantum import AbsentSource, EntropyPart, EntropyReceipt, HealthFigures

MOST_CREDITED_BITS: Final = 512
"""What one seed, and the generator's state, can hold."""
HARDWARE_BITS: Final = 256


@dataclass(frozen=True)
class Origin:
    """The block that a seed was conditioned from."""

    quantum: bool
    part: EntropyPart

    @property
    def hardware(self) -> bool:
        """Whether what was measured counts for the strength of a 256-bit key by itself."""
        return self.quantum and not self.part.simulated and self.part.credited_bits >= HARDWARE_BITS

    @classmethod
    def of(cls, source: EntropySource, block: RawBlock, raw_bits: int, report: HealthReport) -> Origin:
        """Of one seed made from `raw_bits` of a block that passed its health tests."""
        part = EntropyPart(
            source=source.name,
            simulated=source.simulated,
            backend=block.backend,
            job_id=block.job_id,
            credited_bits=min(MOST_CREDITED_BITS, int(raw_bits * source.credited_min_entropy)),
            figures=HealthFigures(**asdict(report)),
            dropped_emitters=list(block.dropped),
            taken_at=datetime.now(UTC),
        )
        return cls(source.quantum, part)


def receipt(origins: Sequence[Origin], absent: Sequence[AbsentSource], reseeded_at: datetime) -> EntropyReceipt:
    """Of a generator that was reseeded then, from a seed of each origin and the operating system; drawn from now."""
    parts = [origin.part for origin in origins if origin.quantum]
    return EntropyReceipt(
        sources=["os", *(part.source for part in parts)],
        parts=parts,
        absent=list(absent),
        credited_bits=min(MOST_CREDITED_BITS, sum(part.credited_bits for part in parts)),
        quantum_contributed=bool(parts),
        simulated=bool(parts) and all(part.simulated for part in parts),
        reseeded_at=reseeded_at,
        drawn_at=datetime.now(UTC),
    )
