"""A run of BB84 (Bennett and Brassard 1984): two parties, a quantum channel, a classical one, perhaps an eavesdropper.

Promises: Alice and Bob are two objects that meet only in `Pulses` and in the bytes of their messages; all figures
are counted, none is estimated. Does not: give security. All of them live in one process, so whoever runs it
knows the key: it shows the protocol, and makes keys for tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantum_service.qkd.alice import Alice
from quantum_service.qkd.bob import Ask, Bob
from quantum_service.qkd.optics import Pulses
from quantum_service.qkd.randomness import Bits, Randomness
from quantum_service.qkd.seeds import Seeds
from shared.schemas.bb84 import Bb84Stage


@dataclass(frozen=True)
class Parameters:
    pulses: int
    noise: float = 0.0
    """Probability that the fibre flips a bit."""
    eavesdropper: float = 0.0
    """Share of the photons that Eve measures and sends anew."""


class Eve:
    """Intercept and resend: measures a share of the photons in random bases, and sends what she found."""

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness

    def intercept(self, pulses: Pulses, count: int, share: float) -> Pulses:
        self.taken = self._randomness.chances(count, share)
        self.bases = self._randomness.bits(count)
        sent, seen = pulses.intercepted(self.taken, self.bases, self._randomness)
        self.bits = np.zeros(count, np.uint8)
        self.bits[self.taken] = seen
        return sent


class Line:
    """The classical channel from Bob to Alice and back; `change` is what an attacker does to each message."""

    def __init__(self, alice: Alice, change: Callable[[bytes], bytes] = lambda message: message) -> None:
        self._alice = alice
        self._change = change
        self.messages = 0
        self.bytes = 0

    def ask(self, message: bytes) -> bytes:
        answer = self._change(self._alice.answer(self._change(message)))
        self.messages += 2
        self.bytes += len(message) + len(answer)
        return answer


class Run:
    """One run, from the photons to the key or to the reason why there is none."""

    def __init__(
        self, parameters: Parameters, seeds: Seeds, change: Callable[[bytes], bytes] = lambda message: message
    ) -> None:
        self.parameters = parameters
        self.alice = Alice(Randomness(seeds.alice), seeds.authentication)
        self.bob = Bob(Randomness(seeds.bob), seeds.authentication)
        self.eve = Eve(Randomness(seeds.eve))
        self.line = Line(self.alice, change)

    def go(self, progress: Callable[[Bb84Stage], None] = lambda stage: None) -> None:
        """All of it; `progress` hears of each stage that was reached."""
        count, bob, ask = self.parameters.pulses, self.bob, self.line.ask
        pulses = self.alice.prepare(count)
        progress("prepared")
        pulses = self.eve.intercept(pulses, count, self.parameters.eavesdropper)
        bob.measure(pulses.through_fibre(self.parameters.noise), count)
        progress("measured")
        steps: tuple[tuple[Callable[[Ask], None], Bb84Stage], ...] = (
            (bob.compare_bases, "sifted"),
            (bob.compare_sample, "estimated"),
            (bob.correct, "corrected"),
            (bob.verify, "verified"),
            (bob.amplify, "amplified"),
            (bob.confirm, "authenticated"),
        )
        for step, stage in steps:
            if not bob.attempt(step, ask):
                return
            progress(stage)

    @property
    def key(self) -> Bits | None:
        """The key that both hold, or None."""
        ours, theirs = self.alice.key, self.bob.key
        return ours if ours is not None and theirs is not None and np.array_equal(ours, theirs) else None
