"""Where the randomness of a draw came from, said honestly: a simulator is credited zero bits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from quantum_service.entropy.health import HealthReport
from quantum_service.entropy.sources import EntropySource
from shared.schemas.quantum import EntropyReceipt


@dataclass(frozen=True)
class Origin:
    """The block that a seed was conditioned from."""

    source: str
    quantum: bool
    simulated: bool
    credited_bits: int
    backend: str
    job_id: str
    report: HealthReport
    taken_at: datetime

    @classmethod
    def of(cls, source: EntropySource, backend: str, job_id: str, raw_bits: int, report: HealthReport) -> Origin:
        """Of one seed made from `raw_bits` of a block that passed its health tests; a seed holds 512 bits at most."""
        credited = min(512, int(raw_bits * source.credited_min_entropy))
        taken = datetime.now(UTC)
        return cls(source.name, source.quantum, source.simulated, credited, backend, job_id, report, taken)


def receipt(origin: Origin | None, reseeded_at: datetime) -> EntropyReceipt:
    """The receipt of a draw made now by a generator reseeded at `reseeded_at` from `origin` (None: the OS alone)."""
    now = datetime.now(UTC)
    if origin is None or not origin.quantum:
        return EntropyReceipt(
            sources=["os"],
            backend=None,
            job_ids=[],
            credited_bits=0,
            quantum_contributed=False,
            simulated=False,
            health={},
            pool_age_seconds=None,
            reseeded_at=reseeded_at,
            drawn_at=now,
        )
    return EntropyReceipt(
        sources=["os", origin.source],
        backend=origin.backend,
        job_ids=[origin.job_id],
        credited_bits=origin.credited_bits,
        quantum_contributed=True,
        simulated=origin.simulated,
        health={"passed": True, **asdict(origin.report)},
        pool_age_seconds=round((now - origin.taken_at).total_seconds(), 1),
        reseeded_at=reseeded_at,
        drawn_at=now,
    )
