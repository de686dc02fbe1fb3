"""Bytes that are signed, hashed or authenticated: one encoder for both services.

Promises: `decode(encode(x)) == x`, one encoding per value, no ambiguity between neighbouring fields, and
`MalformedEncoding` (never another exception) for any input that the encoder could not have made.
Does not: encrypt, sign, or judge the meaning of a field. The client has the same encoder in
`frontend/src/crypto/primitives/encoding.ts`; `tests/vectors/encoding.json` holds both to the same bytes.

A *statement* is a fixed sequence of fields. Each field is:

    | bytes | what                                                                    |
    |-------|-------------------------------------------------------------------------|
    | 4     | length of the content, big endian                                       |
    | n     | content: raw bytes, UTF-8 text, u64 big endian, or (list) further fields |

The schema of a statement is known to its reader, so no type tags are needed.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

SUITE: Final = "falcon-r3-512+ecdsa-p256-sha256"
"""Algorithm identifier of the hybrid signature: Falcon-512 (round 3) and ECDSA P-256 with SHA-256."""

FALCON_SUITE: Final = "falcon-r3-512"
"""Falcon-512 alone (quantum_service's `sign`): another suite, so that it is never half of a hybrid signature."""

FALCON_PUBLIC_KEY_BYTES: Final = 897
FALCON_SIGNATURE_MAX_BYTES: Final = 752
ECDSA_PUBLIC_KEY_BYTES: Final = 65
ECDSA_SIGNATURE_BYTES: Final = 64
HYBRID_PUBLIC_KEY_BYTES: Final = FALCON_PUBLIC_KEY_BYTES + ECDSA_PUBLIC_KEY_BYTES
_PUBLIC_KEY_BYTES: Final = {SUITE: HYBRID_PUBLIC_KEY_BYTES, FALCON_SUITE: FALCON_PUBLIC_KEY_BYTES}
MAX_U64: Final = 2**64 - 1


class Label:
    """Purpose and version of everything that is signed or hashed; a signature under one label is none under another."""

    PASSWORD = "QuantumChat/password/v1"
    PASSWORD_AUTH = "QuantumChat/password-auth/v1"
    PASSWORD_WRAP = "QuantumChat/password-wrap/v1"
    PASSWORD_VERIFIER = "QuantumChat/password-verifier/v1"
    RECOVERY_AUTH = "QuantumChat/recovery-auth/v1"
    RECOVERY_WRAP = "QuantumChat/recovery-wrap/v1"
    VAULT = "QuantumChat/vault/v1"
    PINS = "QuantumChat/pins/v1"
    AUTH = "QuantumChat/auth/v1"
    DEVICE_CERTIFICATE = "QuantumChat/device-certificate/v1"
    DEVICE_LIST = "QuantumChat/device-list/v1"
    ML_KEM_KEY = "QuantumChat/ml-kem-key/v1"
    SAFETY_NUMBER = "QuantumChat/safety-number/v1"
    MLS = "QuantumChat/mls/v1"
    AUTHENTICATED_DATA = "QuantumChat/message/v1"
    COMMIT = "QuantumChat/commit/v1"
    ROSTER = "QuantumChat/roster/v1"
    ROOM_STATE = "QuantumChat/room-state/v1"
    ROOM_POLICY = "QuantumChat/room-policy/v1"
    ROOM_PROFILE = "QuantumChat/room-profile/v1"
    ROOM_CHANGE = "QuantumChat/room-change/v1"
    ROOM_JOIN = "QuantumChat/room-join/v1"
    SESSION_STATE = "QuantumChat/session-state/v1"
    GENERATION = "QuantumChat/generation/v1"
    LOST_STATE = "QuantumChat/lost-state/v1"
    CHAIN = "QuantumChat/chain/v1"
    ESTABLISH = "QuantumChat/establish/v1"
    ESTABLISH_WRAP = "QuantumChat/establish-wrap/v1"
    PSK = "QuantumChat/psk/v1"
    CRITICAL = "QuantumChat/critical/v1"
    RECEIPT = "QuantumChat/receipt/v1"
    DRAW = "QuantumChat/draw/v1"
    SIGN_GENERAL = "QuantumChat/sign-general/v1"
    WRAP = "QuantumChat/wrap/v1"
    DATA = "QuantumChat/data/v1"


class MalformedEncoding(ValueError):
    """Bytes or text that no encoder of ours makes."""


_NOT_A_FIELD = "a field is bytes, text, a whole number, a UUID or a list of fields"

Field = bytes | str | int | UUID | Sequence["Field"]


def fields(*items: Field) -> bytes:
    """Encode the items, in order, as length-prefixed fields (layout above)."""
    return b"".join(_field(item) for item in items)


def _field(item: Field) -> bytes:
    content = _content(item)
    return len(content).to_bytes(4, "big") + content


def _content(item: Field) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, int) and not isinstance(item, bool):
        return u64(item)
    if isinstance(item, UUID):
        return item.bytes
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, Sequence):
        return fields(*item)
    raise TypeError(_NOT_A_FIELD)


def u64(value: int) -> bytes:
    """Eight bytes, big endian; `ValueError` outside 0 … 2^64-1."""
    if not 0 <= value <= MAX_U64:
        raise ValueError("number does not fit into 64 bits")
    return value.to_bytes(8, "big")


class Reader:
    """Reads the fields of one statement in order; every method raises `MalformedEncoding` on bad input."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def blob(self, length: int | None = None) -> bytes:
        """The next field, of exactly `length` bytes when given."""
        data, start = self._data, self._at + 4
        if start > len(data):
            raise MalformedEncoding("a field is missing")
        self._at = end = start + int.from_bytes(data[start - 4 : start], "big")
        if end > len(data):
            raise MalformedEncoding("a field is cut off")
        if length is not None and end - start != length:
            raise MalformedEncoding(f"a field of {length} bytes was expected")
        return data[start:end]

    def text(self) -> str:
        try:
            return self.blob().decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedEncoding("a field is not UTF-8 text") from error

    def number(self) -> int:
        return int.from_bytes(self.blob(8), "big")

    def uuid(self) -> UUID:
        return UUID(bytes=self.blob(16))

    def items(self) -> Reader:
        """A reader over the fields of the next field."""
        return Reader(self.blob())

    @property
    def more(self) -> bool:
        """Whether a field follows."""
        return self._at < len(self._data)

    def label(self, expected: str) -> None:
        """The next field must be this label."""
        if self.blob() != expected.encode():
            raise MalformedEncoding(f"not a {expected} statement")

    def end(self) -> None:
        """Nothing may follow."""
        if self.more:
            raise MalformedEncoding("bytes follow the last field")


def signature_input(label: str, public_key: bytes, context: bytes, message: bytes, *, suite: str = SUITE) -> bytes:
    """The bytes that both halves of a hybrid signature sign.

        | bytes | what                                                        |
        |-------|-------------------------------------------------------------|
        | 2 + n | label                                                       |
        | 2 + n | suite                                                       |
        | 32    | SHA-256(Falcon-512 public key ‖ ECDSA P-256 key, SEC1 uncompressed) |
        | 4 + n | context                                                     |
        | 4 + n | message                                                     |

    `public_key` is the 962-byte hybrid public key, or the 897-byte Falcon-512 key when `suite` is `FALCON_SUITE`.
    """
    if len(public_key) != _PUBLIC_KEY_BYTES[suite]:
        raise MalformedEncoding(f"a public key of {suite} has {_PUBLIC_KEY_BYTES[suite]} bytes")
    return b"".join(
        (
            _prefixed(label.encode(), 2),
            _prefixed(suite.encode(), 2),
            hashlib.sha256(public_key).digest(),
            _prefixed(context, 4),
            _prefixed(message, 4),
        )
    )


def _prefixed(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width, "big") + content


def pack_signature(falcon: bytes, ecdsa: bytes) -> bytes:
    """`u16 length ‖ Falcon-512 signature ‖ 64-byte raw r‖s`."""
    if len(ecdsa) != ECDSA_SIGNATURE_BYTES or not 0 < len(falcon) <= FALCON_SIGNATURE_MAX_BYTES:
        raise MalformedEncoding("not the halves of a hybrid signature")
    return _prefixed(falcon, 2) + ecdsa


def unpack_signature(signature: bytes) -> tuple[bytes, bytes]:
    """The Falcon-512 half and the raw 64-byte ECDSA half."""
    falcon_length = int.from_bytes(signature[:2], "big")
    falcon, ecdsa = signature[2 : 2 + falcon_length], signature[2 + falcon_length :]
    if not 0 < falcon_length <= FALCON_SIGNATURE_MAX_BYTES or len(falcon) != falcon_length:
        raise MalformedEncoding("not a hybrid signature")
    if len(ecdsa) != ECDSA_SIGNATURE_BYTES:
        raise MalformedEncoding("not a hybrid signature")
    return falcon, ecdsa


def split_public_key(public_key: bytes) -> tuple[bytes, bytes]:
    """The 897-byte Falcon-512 key and the 65-byte uncompressed SEC1 point of a hybrid public key."""
    if len(public_key) != HYBRID_PUBLIC_KEY_BYTES:
        raise MalformedEncoding(f"a hybrid public key has {HYBRID_PUBLIC_KEY_BYTES} bytes")
    return public_key[:FALCON_PUBLIC_KEY_BYTES], public_key[FALCON_PUBLIC_KEY_BYTES:]


_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/   ")
_NO_LOOSE_BITS: Final[tuple[frozenset[str] | None, ...]] = (
    None,
    frozenset(),
    frozenset("AQgw"),
    frozenset("AEIMQUYcgkosw048"),
)
"""By length modulo 4: which characters can be the last one, since the bits that it has too many are zero."""


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def from_base64url(text: str) -> bytes:
    """Strict inverse of `to_base64url`: padding, other alphabets and loose trailing bits are refused."""
    last = _NO_LOOSE_BITS[len(text) % 4]
    if last is not None and text[-1] not in last:
        raise MalformedEncoding("not base64url")
    try:
        return binascii.a2b_base64(
            text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4), strict_mode=True
        )
    except ValueError as error:
        raise MalformedEncoding("not base64url") from error
