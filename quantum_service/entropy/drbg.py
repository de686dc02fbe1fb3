"""HMAC_DRBG, SP 800-90A section 10.1.2.

Promises: the output of the standard's algorithm for its inputs, as NIST's CAVP vectors show. Does not: gather
entropy, decide when to reseed, or lock; `pool` does.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal

MAX_OUTPUT_BYTES: Final = 65_536  # section 10.1, table 2: 2^19 bits a request


class HmacDrbg:
    """One instance; SHA-512 unless a test vector asks for SHA-256."""

    def __init__(self, seed: bytes, *, algorithm: Literal["sha512", "sha256"] = "sha512") -> None:
        """Instantiate (10.1.2.3) with entropy input ‖ nonce ‖ personalisation string as one seed."""
        self._algorithm = algorithm
        size = hashlib.new(algorithm).digest_size
        self._key = bytes(size)
        self._value = b"\x01" * size
        self._update(seed)

    def reseed(self, seed: bytes) -> None:
        """Section 10.1.2.4: the seed joins the state, it does not replace it."""
        self._update(seed)

    def generate(self, length: int, additional: bytes = b"") -> bytes:
        """Section 10.1.2.5: up to 65,536 bytes."""
        if not 0 <= length <= MAX_OUTPUT_BYTES:
            raise ValueError("more bytes than one request may give")
        if additional:
            self._update(additional)
        output = bytearray()
        while len(output) < length:
            self._value = hmac.digest(self._key, self._value, self._algorithm)
            output += self._value
        self._update(additional)
        return bytes(output[:length])

    def _update(self, data: bytes) -> None:
        """HMAC_DRBG_Update, section 10.1.2.2."""
        for separator in (b"\x00", b"\x01"):
            self._key = hmac.digest(self._key, self._value + separator + data, self._algorithm)
            self._value = hmac.digest(self._key, self._value, self._algorithm)
            if not data:
                return
