"""Variable-length vectors, of which all MLS structures are made (RFC 9420 section 2.1.2).

Promises: `MalformedMls`, and never another exception, for bytes that no encoder makes; lengths in their minimal
encoding only.
Does not: know any structure.
"""

from __future__ import annotations

from typing import Final

CIPHER_SUITE: Final = 83
_VECTOR_WIDTHS: Final = (1, 2, 4)


class MalformedMls(ValueError):
    """Not the MLS structure that is wanted here."""


def vector(data: bytes, at: int) -> tuple[bytes, int]:
    """Content of the vector at `at`, and where it ends."""
    if at >= len(data):
        raise MalformedMls("a vector is missing")
    prefix = data[at] >> 6
    if prefix == 3:
        raise MalformedMls("not a vector length")
    start = at + _VECTOR_WIDTHS[prefix]
    if start > len(data):
        raise MalformedMls("a vector length is cut off")
    length = int.from_bytes(data[at:start], "big") & ((1 << (8 * (start - at) - 2)) - 1)
    if prefix and length < 1 << (8 * _VECTOR_WIDTHS[prefix - 1] - 2):
        raise MalformedMls("a vector length is not minimal")
    end = start + length
    if end > len(data):
        raise MalformedMls("a vector is cut off")
    return data[start:end], end


class MlsReader:
    """Reads one structure in order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, width: int) -> int:
        """An unsigned number of `width` bytes, big endian."""
        end = self._at + width
        if end > len(self._data):
            raise MalformedMls("a number is cut off")
        value = int.from_bytes(self._data[self._at : end], "big")
        self._at = end
        return value

    def vector(self) -> bytes:
        content, self._at = vector(self._data, self._at)
        return content

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def end(self) -> None:
        if self.more:
            raise MalformedMls("bytes follow the structure")
