"""Bob measures photons, and asks Alice what he needs in the order of `messages.py`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quantum_service.qkd import cascade, toeplitz
from quantum_service.qkd.authentication import InvalidSignature
from quantum_service.qkd.finite_key import VERIFICATION_BITS
from quantum_service.qkd.messages import Aborted, answer_of, bits, places, read_bits, say
from quantum_service.qkd.optics import Pulses
from quantum_service.qkd.party import Party
from quantum_service.qkd.randomness import PUBLIC_SEED_BYTES, Bits, Places
from shared.encoding import MalformedEncoding, Reader
from shared.schemas.bb84 import Bb84Abort

Ask = Callable[[bytes], bytes]
"""The classical channel: a message to Alice, and what comes back."""


class Bob(Party):
    bits: Bits
    bases: Bits
    corrected = 0
    """Bits that error correction flipped."""

    def measure(self, pulses: Pulses, count: int) -> None:
        """Each photon in a random basis."""
        self.bases = self.randomness.bits(count)
        self.bits = pulses.measure(self.bases, self.randomness)

    def attempt(self, step: Callable[[Ask], None], ask: Ask) -> bool:
        """Take one of the steps below; False when the run ends in it, of which Alice is told."""
        try:
            step(ask)
        except Aborted as abort:
            self._abort(abort.reason, ask)
        except InvalidSignature:
            self._abort("not_authenticated", ask)
        except MalformedEncoding:
            self._abort("bad_message", ask)
        return self.aborted is None

    def _abort(self, reason: Bb84Abort, ask: Ask) -> None:
        self.aborted, self.key = reason, None
        ask(say("abort", reason))

    def compare_bases(self, ask: Ask) -> None:
        """Sifting, and the sample whose bits Alice shows."""
        reader = self._ask(ask, "sift", say("bases", bits(self.bases)))
        self.sift(self.bits, read_bits(reader, len(self.bases)))
        self.split(reader.blob(PUBLIC_SEED_BYTES))
        shown = read_bits(reader, len(self.sample))
        self.errors = int((shown ^ self.sifted[self.sample]).sum())

    def compare_sample(self, ask: Ask) -> None:
        self._ask(ask, "go", say("estimate", self.errors))
        self.estimate(self.errors)

    def correct(self, ask: Ask) -> None:
        questions = cascade.Questions(
            lambda seed, size: self._parities(ask, -(-len(self.rest) // size), say("blocks", seed, size)),
            lambda number, starts, ends: self._between(ask, number, starts, ends),
        )
        block = cascade.first_block(self.errors, len(self.sample), len(self.rest))
        self.corrected = cascade.correct(self.rest, block, questions, self.randomness.public_seed)

    def _between(self, ask: Ask, number: int, starts: Places, ends: Places) -> Bits:
        return self._parities(ask, len(starts), say("between", number, places(starts), places(ends)))

    def _parities(self, ask: Ask, count: int, message: bytes) -> Bits:
        reader = self._ask(ask, "parities", message)
        self.leaked += count
        if self.leaked > len(self.rest):  # also when false parities would have us search for ever
            raise Aborted("no_key_left")
        return read_bits(reader, count)

    def verify(self, ask: Ask) -> None:
        """Compare a hash of both keys."""
        reader = self._ask(ask, "check", say("corrected"))
        seed = read_bits(reader, toeplitz.seed_bits(len(self.rest), VERIFICATION_BITS))
        hers, ours = read_bits(reader, VERIFICATION_BITS), toeplitz.hashed(seed, self.rest, VERIFICATION_BITS)
        if not np.array_equal(hers, ours):
            raise Aborted("verification_failed")

    def amplify(self, ask: Ask) -> None:
        self.settle()
        reader = self._ask(ask, "amplify", say("verified"))
        seed = read_bits(reader, toeplitz.seed_bits(len(self.rest), self.length))
        self._amplified = toeplitz.hashed(seed, self.rest, self.length)

    def confirm(self, ask: Ask) -> None:
        """Only what both saw alike becomes a key."""
        reader = answer_of(ask(say("confirm", self.transcript.tag("bob"))), "confirmed")
        self.transcript.check("alice", reader.blob())
        self.key = self._amplified

    def _ask(self, ask: Ask, kind: str, message: bytes) -> Reader:
        answer = ask(message)
        reader = answer_of(answer, kind)
        self.record("bob", message)
        self.record("alice", answer)
        return reader
