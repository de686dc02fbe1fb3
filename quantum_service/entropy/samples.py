"""Raw samples that are set aside to be looked at, and for nothing else.

Promises: what is shown of a block is cut off before its seeds are made, so no seed, and nothing drawn, depends on a bit
that anybody was shown; the health tests still see the whole block. Does not: prove anything by how it looks; a
simulator's samples look like a quantum computer's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from quantum_service.entropy.sources import EntropySource, RawBlock
from shared.schemas.quantum import RawSample

SHOWN_BYTES: Final = 512
_SHARE: Final = 8
"""At most one part in so many of a block is given up."""


def set_aside(block: RawBlock) -> tuple[RawBlock, RawBlock]:
    """The first bytes of every stream, as many of each, to be shown; and the block without them."""
    if not block.streams:
        return block, block
    each = min(SHOWN_BYTES // len(block.streams), len(block.streams[0]) // _SHARE)
    shown = replace(block, streams=tuple(stream[:each] for stream in block.streams))
    return shown, replace(block, streams=tuple(stream[each:] for stream in block.streams))


def sample_of(source: EntropySource, shown: RawBlock, alarm: str | None) -> RawSample:
    """`alarm` is the test that the block failed."""
    return RawSample(
        source=source.name,
        simulated=source.simulated,
        backend=shown.backend,
        job_id=shown.job_id,
        taken_at=datetime.now(UTC),
        alarm=alarm,
        emitters=len(shown.streams),
        bits=b"".join(shown.streams),
    )
