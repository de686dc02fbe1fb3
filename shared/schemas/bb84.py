"""A simulated run of BB84, as it is asked for and as it is told: one JSON object to the line, the last one its end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from shared.schemas.base import Wire
from shared.schemas.quantum import EntropyReceipt, SignedDraw

MAX_PULSES = 1_000_000
SHOWN_PHOTONS = 64

Bb84Stage = Literal[
    "prepared", "measured", "sifted", "estimated", "corrected", "verified", "amplified", "authenticated"
]
Bb84Abort = Literal[
    "too_few_sifted", "too_many_errors", "verification_failed", "no_key_left", "not_authenticated", "bad_message"
]
Basis = Literal["Z", "X"]
Bit = Annotated[int, Field(ge=0, le=1)]


class Bb84Request(Wire):
    """`noise` is the probability that the fibre flips a bit, `eavesdropper` the share of photons that Eve measures."""

    pulses: int = Field(16_384, ge=64, le=MAX_PULSES)
    noise: float = Field(0.0, ge=0, le=0.25, allow_inf_nan=False)
    eavesdropper: float = Field(0.0, ge=0, le=1, allow_inf_nan=False)


class Photon(Wire):
    """One of the first photons; `compared` are the sifted ones whose bits were shown to estimate the error rate."""

    alice_basis: Basis
    alice_bit: Bit
    eve_basis: Basis | None
    eve_bit: Bit | None
    bob_basis: Basis
    bob_bit: Bit
    agree: bool
    compared: bool


class ErrorRate(Wire):
    """Of a sample: errors among bits, and Wilson's interval at 95 % for the rate behind it."""

    errors: int
    bits: int
    rate: float
    low: float
    high: float


class Bb84Result(Wire):
    """A demonstration by a simulator in one process: the key is thrown away, and nobody ever uses it."""

    simulated: Literal[True] = True
    purpose: Literal["demonstration"] = "demonstration"
    pulses: int
    noise: float
    eavesdropper: float
    photons: list[Photon]
    sifted: int
    error_rate: ErrorRate | None
    max_error_rate: float
    corrected: int
    """Bits that error correction flipped."""
    leaked_bits: int
    """Parities told in it, counted."""
    efficiency: float | None
    """Those over what Shannon's limit asks for at the errors that there were; null without errors."""
    verification_bits: int
    authentication_bits: int
    """Of an earlier key, used up by the two tags."""
    messages: int
    message_bytes: int
    final_bits: int
    """0 after an abort."""
    abort: Bb84Abort | None


class Bb84Started(Wire):
    """`receipt` says where the random numbers of both parties and the eavesdropper came from."""

    event: Literal["started"] = "started"
    receipt: EntropyReceipt
    signed: SignedDraw | None


class Bb84Progress(Wire):
    event: Literal["progress"] = "progress"
    stage: Bb84Stage


class Bb84Finished(Wire):
    event: Literal["finished"] = "finished"
    result: Bb84Result


class Bb84Failed(Wire):
    """The simulation itself broke off; this is no abort of the protocol."""

    event: Literal["failed"] = "failed"
    code: Literal["timeout", "crashed"]


class Bb84Event(RootModel[Bb84Started | Bb84Progress | Bb84Finished | Bb84Failed]):
    """One line of the answer."""

    root: Bb84Started | Bb84Progress | Bb84Finished | Bb84Failed = Field(discriminator="event")
