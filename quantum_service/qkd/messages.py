"""What Alice and Bob say to each other over the classical channel.

Everybody may read these messages; `authentication.py` makes sure that nobody else wrote them. Each is a sequence of
length-prefixed fields (`shared/encoding.py`) of which the first is its kind; Bob asks, Alice answers:

    | Bob       | fields                       | Alice     | fields                                        |
    |-----------|------------------------------|-----------|-----------------------------------------------|
    | bases     | his bases                    | sift      | which agree, seed of the sample, its bits     |
    | estimate  | errors in the sample         | go        |                                               |
    | blocks    | seed, block size             | parities  | one for each block                            |
    | between   | pass, starts, ends           | parities  | one for each stretch                          |
    | corrected |                              | check     | seed of the hash, hash of 64 bits             |
    | verified  |                              | amplify   | seed of the privacy amplification             |
    | confirm   | tag over all the above       | confirmed | tag over all the above                        |
    | abort     | reason                       | abort     | reason, in the place of any answer            |

Bits are packed eight to the byte, places are u32 little endian.
"""

from __future__ import annotations

from typing import Final, get_args

import numpy as np

from quantum_service.qkd.randomness import Bits, Places, pack, unpack
from shared.encoding import Field, MalformedEncoding, Reader, fields
from shared.schemas.bb84 import Bb84Abort

_REASONS: Final[dict[str, Bb84Abort]] = {reason: reason for reason in get_args(Bb84Abort)}


class Aborted(Exception):
    """The run ends without a key."""

    def __init__(self, reason: Bb84Abort) -> None:
        super().__init__(reason)
        self.reason: Bb84Abort = reason


def say(kind: str, *content: Field) -> bytes:
    return fields(kind, *content)


def kind_of(message: bytes) -> tuple[str, Reader]:
    """The kind, and a reader of what follows."""
    reader = Reader(message)
    return reader.text(), reader


def answer_of(message: bytes, kind: str) -> Reader:
    """A reader of an answer of this kind; `Aborted` when the other party gave up."""
    found, reader = kind_of(message)
    if found == "abort":
        raise Aborted(read_reason(reader))
    if found != kind:
        raise MalformedEncoding("another answer than was asked for")
    return reader


def read_reason(reader: Reader) -> Bb84Abort:
    """Why the other party gave up; it cannot be believed before authentication, and need not be: the run is over."""
    return _REASONS.get(reader.text(), "bad_message")


def read_bits(reader: Reader, count: int) -> Bits:
    """Exactly this many."""
    return unpack(reader.blob((count + 7) // 8), count)


def bits(content: Bits) -> bytes:
    return pack(content)


def places(content: Places) -> bytes:
    return content.astype("<u4").tobytes()


def read_places(reader: Reader) -> Places:
    data = reader.blob()
    if len(data) % 4:
        raise MalformedEncoding("places have four bytes each")
    return np.frombuffer(data, "<u4").astype(np.int64)
