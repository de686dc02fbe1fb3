"""Falcon-512 from PQClean's portable C code, through `pqcrypto`."""

from __future__ import annotations

from importlib.metadata import version

from pqcrypto.sign import falcon_512

from quantum_service.primitives.errors import InvalidSignature


class PqcleanFalcon:
    def __init__(self) -> None:
        self.name = f"pqcrypto {version('pqcrypto')} (PQClean)"

    def generate(self) -> tuple[bytes, bytes]:
        public_key, private_key = falcon_512.generate_keypair()
        return bytes(public_key), bytes(private_key)

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        return bytes(falcon_512.sign(private_key, message))

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        if not falcon_512.verify(public_key, message, signature):
            raise InvalidSignature
