"""ML-KEM-768 (FIPS 203) from OpenSSL, through `cryptography`."""

from __future__ import annotations

import cryptography
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey

from quantum_service.primitives.errors import MalformedKey


def library_name() -> str:
    return f"cryptography {cryptography.__version__} ({backend.openssl_version_text().rsplit(' ', 3)[0]})"


class OpensslKem:
    def __init__(self) -> None:
        self.name = library_name()

    def public_key(self, seed: bytes) -> bytes:
        return MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        try:
            key = MLKEM768PublicKey.from_public_bytes(public_key)
        except ValueError as error:
            raise MalformedKey("not an ML-KEM-768 encapsulation key") from error
        shared_secret, ciphertext = key.encapsulate()
        return ciphertext, shared_secret

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        return MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext)
