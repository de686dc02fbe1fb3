"""What two KMEs share: the key that BB84 made between them, and who is to get which part of it.

Promises: each bit goes into one key; a key goes once to its master and once to its slave, and then is gone; a call gets
all that it asks for or nothing. Does not: survive a restart, or keep the two KMEs apart: one program plays both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

KEY_BITS: Final = 256
CAPACITY_KEYS: Final = 512


class NotEnough(Exception):
    """The link has fewer bits than were asked for."""


class NotFound(Exception):
    """One of the keys is not there, or no more."""


class NotYours(Exception):
    """One of the keys is for another SAE."""


@dataclass(frozen=True)
class _Waiting:
    master: str
    slave: str
    key: bytes = field(repr=False)


class Link:
    """Safe to use from any thread. `on_low` is called when less than half of the capacity is left."""

    def __init__(self, on_low: Callable[[], None] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._bits = bytearray()
        self._waiting: dict[UUID, _Waiting] = {}
        self.on_low = on_low

    @property
    def stored(self) -> int:
        """Keys of the usual size that could be had."""
        return len(self._bits) * 8 // KEY_BITS

    def add(self, key: bytes) -> None:
        """Of one run; what does not fit is thrown away."""
        with self._lock:
            room = CAPACITY_KEYS * KEY_BITS // 8 - len(self._bits)
            self._bits += key[:room]

    def take(self, master: str, slave: str, number: int, size: int) -> list[tuple[UUID, bytes]]:
        """New keys of so many bits each, which then wait for the slave."""
        length = size // 8
        with self._lock:
            if len(self._bits) < number * length:
                raise NotEnough
            cut = [bytes(self._bits[i * length : (i + 1) * length]) for i in range(number)]
            del self._bits[: number * length]
            keys = [(uuid4(), key) for key in cut]
            self._waiting |= {key_id: _Waiting(master, slave, key) for key_id, key in keys}
        if self.stored < CAPACITY_KEYS // 2:
            self.on_low()
        return keys

    def collect(self, master: str, slave: str, ids: list[UUID]) -> list[tuple[UUID, bytes]]:
        """The keys of these ids, once, for the SAE that they were taken for."""
        with self._lock:
            found = [self._waiting.get(key_id) for key_id in ids]
            if None in found or len(set(ids)) != len(ids):
                raise NotFound
            waiting = [each for each in found if each is not None]
            if any((each.master, each.slave) != (master, slave) for each in waiting):
                raise NotYours
            for key_id in ids:
                del self._waiting[key_id]
        return [(key_id, each.key) for key_id, each in zip(ids, waiting, strict=True)]
