"""Which library computes which algorithm.

liboqs is preferred for Falcon-512 and ML-KEM-768 when its C library is found; else PQClean (through
`pqcrypto`) signs and OpenSSL (through `cryptography`) encapsulates. Keys, signatures and ciphertexts
of all providers are interchangeable: a private key wrapped under one is used under another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

from quantum_service.primitives.providers import liboqs
from quantum_service.primitives.providers.openssl import OpensslKem, library_name
from quantum_service.primitives.providers.pqclean import PqcleanFalcon


class KemProvider(Protocol):
    """ML-KEM-768; the private key is always the 64-byte seed d ‖ z of FIPS 203 section 7.1."""

    name: str

    def public_key(self, seed: bytes) -> bytes: ...

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        """(ciphertext, shared secret); `MalformedKey` when the modulus check fails."""

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes: ...


class FalconProvider(Protocol):
    """Falcon-512 of the third NIST round, compressed signatures; the private key has 1281 bytes."""

    name: str

    def generate(self) -> tuple[bytes, bytes]:
        """(public key, private key), from the operating system's randomness: no library takes a seed."""

    def sign(self, private_key: bytes, message: bytes) -> bytes: ...

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        """`InvalidSignature` unless valid."""


@dataclass(frozen=True)
class Providers:
    kem: KemProvider
    falcon: FalconProvider

    def names(self) -> dict[str, str]:
        """Algorithm → library and version, for `/api/health`."""
        return {
            "ML-KEM-768": self.kem.name,
            "Falcon-512": self.falcon.name,
            "ECDSA-P256": library_name(),
            "AES-256-GCM": library_name(),
        }


@cache
def installed() -> Providers:
    """The providers of this process, chosen once."""
    oqs = liboqs.load()
    if oqs is None:
        return Providers(OpensslKem(), PqcleanFalcon())
    return Providers(liboqs.LiboqsKem(oqs), liboqs.LiboqsFalcon(oqs))
