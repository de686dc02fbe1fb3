"""Wegman-Carter authentication of the classical channel, with Poly1305 as the hash.

Promises: without the pre-shared keys a changed, dropped, added or reordered message is accepted with probability
at most 8 ⌈bytes / 16⌉ / 2^106 (Bernstein 2005), whatever the attacker's computing power. Does not: notice it at once;
each party authenticates all that it sent and received before a key is used, once, as a one-time key allows (delayed
authentication: Kiktenko et al. 2020).
"""

from __future__ import annotations

from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.poly1305 import Poly1305

from shared.encoding import fields

KEY_BYTES: Final = 32

Side = Literal["alice", "bob"]


class Transcript:
    """All that one party sent and received, and the tags over it, by a one-time key for each direction."""

    def __init__(self, keys: bytes) -> None:
        self._macs = {"alice": Poly1305(keys[:KEY_BYTES]), "bob": Poly1305(keys[KEY_BYTES:])}

    def add(self, sender: Side, message: bytes) -> None:
        for mac in self._macs.values():
            mac.update(fields(sender, message))

    def tag(self, side: Side) -> bytes:
        """16 bytes; what follows is no longer under this side's tag."""
        return self._macs.pop(side).finalize()

    def check(self, side: Side, tag: bytes) -> None:
        """`InvalidSignature` unless the other party saw what we saw."""
        self._macs.pop(side).verify(tag)


__all__ = ["InvalidSignature", "Side", "Transcript"]
