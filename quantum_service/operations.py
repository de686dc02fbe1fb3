"""What each call does, from checked body to answer; runs in worker threads, knows no HTTP.

A batch is all or nothing: the first item that will not do refuses the whole call and names its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from quantum_service.draws import draw
from quantum_service.entropy.pool import EntropyPool
from quantum_service.establish import establish
from quantum_service.primitives import kem, keywrap, signatures, symmetric
from quantum_service.primitives.errors import InvalidSignature, MalformedKey, MalformedSignature
from quantum_service.primitives.master_key import MasterKey
from quantum_service.refusals import refusals
from shared.errors import Malformed
from shared.schemas import quantum as wire

Item = TypeVar("Item")
Result = TypeVar("Result")
Signer = Callable[[bytes, bytes, str, bytes, bytes], bytes]
Verifier = Callable[[bytes, str, bytes, bytes, bytes], None]


class Operations:
    def __init__(self, master: MasterKey, pool: EntropyPool) -> None:
        self.master = master
        self.pool = pool

    def keygen(self, body: wire.KeygenRequest) -> wire.KeyPair:
        if not keywrap.allowed(body.algorithm, body.usage):
            raise Malformed("usage_not_allowed", "Keys of this algorithm cannot have this usage.")
        public_key, private_key = self._generate(body.algorithm)
        wrapped = keywrap.wrap(self.master, body.algorithm, body.usage, public_key, private_key, self.pool.random)
        return wire.KeyPair(
            algorithm=body.algorithm, usage=body.usage, public_key=public_key, wrapped_private_key=wrapped
        )

    def _generate(self, algorithm: wire.Algorithm) -> tuple[bytes, bytes]:
        match algorithm:
            case "ML-KEM-768":
                seed = self.pool.random(kem.SEED_BYTES)
                return kem.public_key(seed), seed
            case "Falcon-512":
                return signatures.generate_falcon()
            case "ECDSA-P256":
                return signatures.generate_ecdsa(self.pool.random)
            case "hybrid":
                return signatures.generate_hybrid(self.pool.random)

    def encapsulate(self, body: wire.EncapsulateRequest) -> wire.EncapsulateResponse:
        def one(public_key: bytes) -> wire.Encapsulation:
            ciphertext, shared_secret = kem.encapsulate(public_key)
            return wire.Encapsulation(ciphertext=ciphertext, shared_secret=shared_secret)

        return wire.EncapsulateResponse(items=_each(body.public_keys, one))

    def decapsulate(self, body: wire.DecapsulateRequest) -> wire.DecapsulateResponse:
        def one(item: wire.DecapsulateItem) -> bytes:
            seed = keywrap.unwrap(self.master, "ML-KEM-768", "kem", item.public_key, item.wrapped_private_key)
            return kem.decapsulate(seed, item.ciphertext)

        return wire.DecapsulateResponse(shared_secrets=_each(body.items, one))

    def sign(self, body: wire.SignRequest) -> wire.SignResponse:
        """Falcon-512 alone."""
        return self._sign(body, "Falcon-512", signatures.sign)

    def wrap_sign(self, body: wire.SignRequest) -> wire.SignResponse:
        """Hybrid."""
        return self._sign(body, "hybrid", signatures.wrap_sign)

    def _sign(self, body: wire.SignRequest, algorithm: wire.Algorithm, signer: Signer) -> wire.SignResponse:
        def one(item: wire.SignItem) -> bytes:
            label = keywrap.LABEL_OF_USAGE.get(item.usage)
            if label is None:
                raise Malformed("usage_not_allowed", "This call does not sign for this usage.")
            private_key = keywrap.unwrap(self.master, algorithm, item.usage, item.public_key, item.wrapped_private_key)
            return signer(private_key, item.public_key, label, item.context, item.message)

        return wire.SignResponse(signatures=_each(body.items, one))

    def verify(self, body: wire.VerifyRequest) -> wire.VerifyResponse:
        """Falcon-512 alone."""
        return wire.VerifyResponse(items=[_verdict(item, signatures.verify) for item in body.items])

    def wrap_verify(self, body: wire.VerifyRequest) -> wire.VerifyResponse:
        """Hybrid: both halves."""
        return wire.VerifyResponse(items=[_verdict(item, signatures.wrap_verify) for item in body.items])

    def establish(self, body: wire.EstablishRequest) -> wire.EstablishResponse:
        with refusals():
            return establish(body, self.master, self.pool)

    def encrypt(self, body: wire.EncryptRequest) -> wire.EncryptResponse:
        def one(item: wire.SealItem) -> bytes:
            return symmetric.encrypt(self.master, item.plaintext, item.associated_data, self.pool.random)

        return wire.EncryptResponse(sealed=_each(body.items, one))

    def decrypt(self, body: wire.DecryptRequest) -> wire.DecryptResponse:
        def one(item: wire.OpenItem) -> bytes:
            return symmetric.decrypt(self.master, item.sealed, item.associated_data)

        return wire.DecryptResponse(plaintexts=_each(body.items, one))

    def random(
        self, length: int, require: wire.Requirement = "any", notary: wire.NotaryKey | None = None
    ) -> wire.RandomResponse:
        with refusals():
            return draw(self.pool, self.master, length, require, notary)


def _each(items: Sequence[Item], work: Callable[[Item], Result]) -> list[Result]:
    results = []
    for index, item in enumerate(items):
        with refusals(index=index):
            results.append(work(item))
    return results


def _verdict(item: wire.VerifyItem, verifier: Verifier) -> wire.Verdict:
    try:
        verifier(item.public_key, item.label, item.context, item.message, item.signature)
    except MalformedKey:
        return wire.Verdict(valid=False, code="malformed_key")
    except MalformedSignature:
        return wire.Verdict(valid=False, code="malformed_signature")
    except InvalidSignature:
        return wire.Verdict(valid=False, code="invalid_signature")
    return wire.Verdict(valid=True, code="valid")
