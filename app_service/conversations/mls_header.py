"""The clear parts of MLS messages (RFC 9420 sections 2.1.2 and 6), read without any key.

Promises: `MalformedMls`, and never another exception, for bytes that are no well-formed message of the wanted kind;
lengths in their minimal encoding only, and nothing behind the last field.
Does not: check what is encrypted. Whether a commit is valid is for the members to judge.

    | message     | layout (big endian; vec = variable-length vector)                                                  |
    |-------------|----------------------------------------------------------------------------------------------------|
    | all         | version u16 = 1, wire format u16                                                                   |
    | private (2) | group id vec, epoch u64, content type u8, authenticated data vec, sender data vec, ciphertext vec  |
    | welcome (3) | cipher suite u16, vec of {reference vec, KEM output vec, ciphertext vec}, group info vec           |
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from app_service.mls import CIPHER_SUITE, MalformedMls, vector

APPLICATION: Final = 1
COMMIT: Final = 3

_PRIVATE_MESSAGE: Final = b"\x00\x01\x00\x02"
_WELCOME: Final = b"\x00\x01\x00\x03"
_REFERENCE_BYTES: Final = 64
_GROUP_ID_BYTES: Final = 20


class PrivateMessage(NamedTuple):
    """Header of a private message. The group id is split as PROTOCOL.md 1.3 builds it."""

    conversation_id: UUID
    generation: int
    epoch: int
    content_type: int
    authenticated_data: bytes


def parse_private_message(message: bytes) -> PrivateMessage:
    """Header of an `MLSMessage` with wire format `mls_private_message`."""
    if message[:4] != _PRIVATE_MESSAGE:
        raise MalformedMls("not an MLS private message")
    group_id, at = vector(message, 4)
    if len(group_id) != _GROUP_ID_BYTES:
        raise MalformedMls("not a group id of ours")
    if at + 9 > len(message):
        raise MalformedMls("the header is cut off")
    epoch = int.from_bytes(message[at : at + 8], "big")
    content_type = message[at + 8]
    authenticated_data, at = vector(message, at + 9)
    _, at = vector(message, at)
    _, at = vector(message, at)
    if at != len(message):
        raise MalformedMls("bytes follow the message")
    return PrivateMessage(
        UUID(bytes=group_id[:16]), int.from_bytes(group_id[16:], "big"), epoch, content_type, authenticated_data
    )


def parse_welcome(message: bytes) -> tuple[bytes, ...]:
    """References (64 bytes each) of the key packages that an `MLSMessage` with wire format `mls_welcome` is for."""
    if message[:4] != _WELCOME:
        raise MalformedMls("not an MLS welcome")
    if message[4:6] != CIPHER_SUITE.to_bytes(2, "big"):
        raise MalformedMls("a welcome of another cipher suite")
    secrets, at = vector(message, 6)
    _, at = vector(message, at)
    if at != len(message):
        raise MalformedMls("bytes follow the welcome")
    return _references(secrets)


def _references(secrets: bytes) -> tuple[bytes, ...]:
    references = []
    at = 0
    while at < len(secrets):
        reference, at = vector(secrets, at)
        _, at = vector(secrets, at)
        _, at = vector(secrets, at)
        if len(reference) != _REFERENCE_BYTES:
            raise MalformedMls("not a key package reference of our suite")
        references.append(reference)
    if not references:
        raise MalformedMls("a welcome for nobody")
    return tuple(references)
