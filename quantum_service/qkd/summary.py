"""What is told of a run: figures, and some of its photons; never its key."""

from __future__ import annotations

from typing import Final

import numpy as np

from quantum_service.qkd.bb84 import Run
from quantum_service.qkd.finite_key import VERIFICATION_BITS, binary_entropy, confidence_interval
from quantum_service.qkd.party import MAX_ERROR_RATE
from quantum_service.qkd.seeds import AUTHENTICATION_BYTES
from shared.schemas.bb84 import SHOWN_PHOTONS, Basis, Bb84Result, ErrorRate, Photon

_BASES: Final[tuple[Basis, Basis]] = ("Z", "X")


def summary(run: Run) -> Bb84Result:
    """Of a run that has ended."""
    parameters, bob = run.parameters, run.bob
    return Bb84Result(
        pulses=parameters.pulses,
        noise=parameters.noise,
        eavesdropper=parameters.eavesdropper,
        photons=_photons(run),
        sifted=len(run.alice.sifted),
        error_rate=_error_rate(run),
        max_error_rate=MAX_ERROR_RATE,
        corrected=bob.corrected,
        leaked_bits=bob.leaked,
        efficiency=_efficiency(run),
        verification_bits=VERIFICATION_BITS,
        authentication_bits=8 * AUTHENTICATION_BYTES,
        messages=run.line.messages,
        message_bytes=run.line.bytes,
        final_bits=0 if run.key is None else len(run.key),
        abort=bob.aborted,
    )


def _error_rate(run: Run) -> ErrorRate | None:
    errors, bits = run.bob.errors, len(run.bob.sample)
    if bits == 0:
        return None
    low, high = confidence_interval(errors, bits)
    return ErrorRate(errors=errors, bits=bits, rate=errors / bits, low=low, high=high)


def _efficiency(run: Run) -> float | None:
    bob = run.bob
    if bob.corrected == 0:
        return None
    return bob.leaked / (len(bob.rest) * binary_entropy(bob.corrected / len(bob.rest)))


def _photons(run: Run) -> list[Photon]:
    alice, bob, eve = run.alice, run.bob, run.eve
    agree = alice.bases == bob.bases
    compared = np.zeros(len(agree), np.bool_)
    compared[np.flatnonzero(agree)[bob.sample]] = True
    return [
        Photon(
            alice_basis=_BASES[alice.bases[i]],
            alice_bit=int(alice.bits[i]),
            eve_basis=_BASES[eve.bases[i]] if eve.taken[i] else None,
            eve_bit=int(eve.bits[i]) if eve.taken[i] else None,
            bob_basis=_BASES[bob.bases[i]],
            bob_bit=int(bob.bits[i]),
            agree=bool(agree[i]),
            compared=bool(compared[i]),
        )
        for i in range(min(SHOWN_PHOTONS, len(agree)))
    ]
