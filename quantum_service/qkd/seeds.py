"""What a run starts from: a seed for each of the three, and what Alice and Bob share from before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

SEED_BYTES: Final = 64
AUTHENTICATION_BYTES: Final = 64
"""Two one-time keys of 32 bytes, one for each direction (`authentication.py`)."""


@dataclass(frozen=True, repr=False)
class Seeds:
    BYTES: ClassVar[int] = 3 * SEED_BYTES + AUTHENTICATION_BYTES

    alice: bytes
    bob: bytes
    eve: bytes
    authentication: bytes

    @classmethod
    def of(cls, data: bytes) -> Seeds:
        """From exactly `BYTES` bytes."""
        if len(data) != cls.BYTES:
            raise ValueError(f"{cls.BYTES} bytes are needed")
        alice, bob, eve = (data[i * SEED_BYTES : (i + 1) * SEED_BYTES] for i in range(3))
        return cls(alice, bob, eve, data[3 * SEED_BYTES :])
