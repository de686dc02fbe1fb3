"""The service's one long-lived secret: input of HKDF and nothing else (PROTOCOL 11.1)."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.encoding import Label, MalformedEncoding, fields, from_base64url

MASTER_KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 8
SALT_BYTES: Final = 32


class MasterKey:
    """Derives a key per blob. `id` may be shown: it names the key and tells nothing about it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key has {MASTER_KEY_BYTES} bytes")
        self._secret = secret
        self.id = hashlib.sha256(fields(Label.WRAP, "id", hkdf_sha256(secret, b"", b"id"))).digest()[:KEY_ID_BYTES]

    @classmethod
    def from_text(cls, text: str) -> MasterKey:
        """From base64url without padding; `ValueError`, never quoting the text, when it is not 32 bytes."""
        try:
            return cls(from_base64url(text))
        except MalformedEncoding:
            raise ValueError("the master key is not base64url") from None

    def derive(self, salt: bytes, purpose: str) -> bytes:
        """The AES-256 key of the blob with this 32-byte salt, for this purpose alone."""
        return hkdf_sha256(self._secret, salt, purpose.encode())

    def __repr__(self) -> str:
        return "MasterKey([REDACTED])"


def hkdf_sha256(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(secret)
