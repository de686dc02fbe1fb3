"""ML-KEM-768 (FIPS 203).

Promises: keys come from a 64-byte seed that the caller draws; lengths and the modulus of an encapsulation key
are checked (section 7.2); a ciphertext that was not made for the key gives an unrelated secret, not an error
(implicit rejection, section 6.3). Does not: draw key seeds, or authenticate anybody.

    | what              | bytes                                     |
    |-------------------|-------------------------------------------|
    | seed (d ‖ z)      | 64, the only form of the private key here |
    | encapsulation key | 1184                                      |
    | ciphertext        | 1088                                      |
    | shared secret     | 32                                        |
"""

from __future__ import annotations

from typing import Final

from quantum_service.primitives.errors import MalformedCiphertext, MalformedKey
from quantum_service.primitives.providers import KemProvider, installed

SEED_BYTES: Final = 64
PUBLIC_KEY_BYTES: Final = 1184
CIPHERTEXT_BYTES: Final = 1088
SHARED_SECRET_BYTES: Final = 32


def public_key(seed: bytes, provider: KemProvider | None = None) -> bytes:
    """ML-KEM.KeyGen_internal(d, z), section 6.1: the encapsulation key of a seed; `ValueError` on another length."""
    if len(seed) != SEED_BYTES:
        raise ValueError("an ML-KEM-768 seed has 64 bytes")
    return (provider or installed().kem).public_key(seed)


def encapsulate(key: bytes, provider: KemProvider | None = None) -> tuple[bytes, bytes]:
    """(ciphertext, shared secret) for an encapsulation key; `MalformedKey` when it is none (section 7.2)."""
    if len(key) != PUBLIC_KEY_BYTES:
        raise MalformedKey("an ML-KEM-768 encapsulation key has 1184 bytes")
    return (provider or installed().kem).encapsulate(key)


def decapsulate(seed: bytes, ciphertext: bytes, provider: KemProvider | None = None) -> bytes:
    """The shared secret (section 7.3); `MalformedCiphertext` when the length is not 1088."""
    if len(seed) != SEED_BYTES:
        raise ValueError("an ML-KEM-768 seed has 64 bytes")
    if len(ciphertext) != CIPHERTEXT_BYTES:
        raise MalformedCiphertext("an ML-KEM-768 ciphertext has 1088 bytes")
    return (provider or installed().kem).decapsulate(seed, ciphertext)
