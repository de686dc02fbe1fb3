"""Alice prepares photons, and answers Bob's questions about them in the order of `messages.py`."""

from __future__ import annotations

from typing import Final

from quantum_service.qkd import toeplitz
from quantum_service.qkd.authentication import InvalidSignature
from quantum_service.qkd.cascade import Told
from quantum_service.qkd.finite_key import VERIFICATION_BITS
from quantum_service.qkd.messages import Aborted, bits, kind_of, read_bits, read_places, read_reason, say
from quantum_service.qkd.optics import Pulses
from quantum_service.qkd.party import Party
from quantum_service.qkd.randomness import PUBLIC_SEED_BYTES, Bits
from shared.encoding import MalformedEncoding, Reader
from shared.schemas.bb84 import Bb84Abort

_FOLLOWS: Final = {
    "bases": {"estimate"},
    "estimate": {"blocks"},
    "blocks": {"between", "blocks", "corrected"},
    "between": {"between", "blocks", "corrected"},
    "corrected": {"verified"},
    "verified": {"confirm"},
    "confirm": set(),
}


class Alice(Party):
    bits: Bits
    bases: Bits
    _expected: frozenset[str] = frozenset({"bases"})

    def prepare(self, count: int) -> Pulses:
        """A photon for each random bit, in a random basis."""
        self.bits, self.bases = self.randomness.bits(count), self.randomness.bits(count)
        return Pulses(self.bits, self.bases)

    def answer(self, message: bytes) -> bytes:
        """To one message of Bob; after an abort always the same."""
        if self.aborted is not None:
            return say("abort", self.aborted)
        try:
            answer = self._answer(message)
        except Aborted as abort:
            return self._abort(abort.reason)
        except InvalidSignature:
            return self._abort("not_authenticated")
        except ValueError:
            return self._abort("bad_message")
        return answer

    def _abort(self, reason: Bb84Abort) -> bytes:
        self.aborted, self.key = reason, None
        return say("abort", reason)

    def _answer(self, message: bytes) -> bytes:
        kind, reader = kind_of(message)
        if kind == "abort":
            raise Aborted(read_reason(reader))
        if kind not in self._expected:
            raise MalformedEncoding("out of turn")
        self._expected = frozenset(_FOLLOWS[kind])
        if kind == "confirm":
            return self._confirm(reader)
        answer = _ANSWERS[kind](self, reader)
        self.record("bob", message)
        self.record("alice", answer)
        return answer

    def _sift(self, reader: Reader) -> bytes:
        agree = 1 - (self.bases ^ read_bits(reader, len(self.bases)))
        self.sift(self.bits, agree)
        seed = self.randomness.public_seed()
        self.split(seed)
        return say("sift", bits(agree), seed, bits(self.sifted[self.sample]))

    def _estimate(self, reader: Reader) -> bytes:
        self.estimate(reader.number())
        self._told = Told(self.rest)
        return say("go")

    def _blocks(self, reader: Reader) -> bytes:
        seed, size = reader.blob(PUBLIC_SEED_BYTES), reader.number()
        return say("parities", bits(self._told.blocks(seed, size)))

    def _between(self, reader: Reader) -> bytes:
        number, starts, ends = reader.number(), read_places(reader), read_places(reader)
        return say("parities", bits(self._told.between(number, starts, ends)))

    def _check(self, _: Reader) -> bytes:
        self.leaked = self._told.parities
        seed = self.randomness.bits(toeplitz.seed_bits(len(self.rest), VERIFICATION_BITS))
        return say("check", bits(seed), bits(toeplitz.hashed(seed, self.rest, VERIFICATION_BITS)))

    def _amplify(self, _: Reader) -> bytes:
        self.settle()
        seed = self.randomness.bits(toeplitz.seed_bits(len(self.rest), self.length))
        self._amplified = toeplitz.hashed(seed, self.rest, self.length)
        return say("amplify", bits(seed))

    def _confirm(self, reader: Reader) -> bytes:
        """Bob saw what we saw, so this is a key; whether he is told of it, only he will know."""
        self.transcript.check("bob", reader.blob())
        self.key = self._amplified
        return say("confirmed", self.transcript.tag("alice"))


_ANSWERS: Final = {
    "bases": Alice._sift,
    "estimate": Alice._estimate,
    "blocks": Alice._blocks,
    "between": Alice._between,
    "corrected": Alice._check,
    "verified": Alice._amplify,
}
